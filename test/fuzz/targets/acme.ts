import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { problemFault, readInnerProblem, readProblem } from '../../../src/enroll/acme/problem.ts'
import { readReply } from '../../../src/enroll/acme/reply.ts'
import {
  readAccount,
  readAuthorization,
  readDirectory,
  readOrder,
  readRenewalInfo,
} from '../../../src/enroll/acme/wire.ts'
import { jsonOf, shownTo, textOf } from '../support.ts'

const url = 'https://acme.example.com/order/1'

/** The first lines, up to an empty one, are headers. */
function replyOf(input: Uint8Array): Parameters<typeof readReply>[1] {
  const [head = '', ...rest] = textOf(input).split('\n\n')
  const all = new Map<string, string[]>()
  for (const line of head.split('\n').slice(0, 50)) {
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase()
    all.set(name, [...(all.get(name) ?? []), line.slice(name.length + 1).trim()])
  }
  const headers = new Map([...all].map(([name, values]) => [name, values.join(', ')]))
  return { status: 200, headers, all, body: Buffer.from(rest.join('\n\n')) }
}

export const target: FuzzTarget = {
  about: 'ACME: directory, account, order, authorization, renewal information, problem documents, Link and Location',
  form: 'text',
  longest: 16_384,
  words: [
    'link: <https://a/>;rel="alternate"',
    'location: ',
    '"urn:ietf:params:acme:error:',
    '\n\n',
    '"2030-01-01T00:00:00Z"',
  ],
  run: (input) => {
    const { links, location } = readReply(url, replyOf(input))
    const targets = [...[...links.values()].flat(), ...(location === undefined ? [] : [location])]
    promise(
      targets.every((one) => one.startsWith('https://')),
      'only https is followed',
    )
    const value = jsonOf(input)
    readDirectory(value)
    readAccount(value)
    readAuthorization(value)
    readRenewalInfo(value)
    readInnerProblem(value)
    const { expires } = readOrder(value) ?? {}
    promise(expires === undefined || !Number.isNaN(expires), 'an order ends at a moment')
    const { message } = problemFault(readProblem(400, input))
    shownTo(message)
  },
}
