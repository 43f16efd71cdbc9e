/** Notifications: an operator at a real API server tells a program, a chat and a mail server, once, and says what is over. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { until } from '../support/cluster.ts'
import { startMailServer } from '../support/mailserver.ts'
import type { MailServer } from '../support/mailserver.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'
import { scratchDirectory } from '../support/scratch.ts'

const secret = 'Bearer hush-hush'
const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

interface Posted {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

let world: OperatorWorld
let second: RunningOperator | undefined
let receiver: Server
let mail: MailServer
const posted: Posted[] = []
const scratch = scratchDirectory('notifications')
let flags: readonly string[]
let logged = ''

async function startReceiver(): Promise<string> {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { authorization } = request.headers
      posted.push({ path: request.url ?? '', authorization, body: Buffer.concat(chunks).toString('utf8') })
      response.statusCode = request.url === '/broken' ? 500 : 204
      response.end(request.url === '/broken' ? `what a body: ${secret}` : undefined)
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
}

beforeAll(async () => {
  const url = await startReceiver()
  mail = await startMailServer('localhost')
  mkdirSync(scratch.path, { recursive: true })
  const files = { 'chat-url': `${url}/chat`, authorization: secret, password: mail.user.password, 'ca.crt': mail.ca }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(scratch.path, name), `${text}\n`)
  const config = join(scratch.path, 'notifications.yaml')
  writeFileSync(
    config,
    `
holdFor: 0s
channels:
  - {name: program, webhook: {url: ${url}/program, authorizationFile: authorization}}
  - {name: broken, webhook: {url: ${url}/broken}}
  - {name: chat, chat: {urlFile: chat-url}}
  - name: mail
    smtp:
      {host: localhost, port: ${mail.port}, from: perennial@example.com, to: [ops@example.com], username: ${mail.user.name}, passwordFile: password, caFile: ca.crt}
routes:
  - {channels: [program, broken, chat, mail]}
digest: {at: '00:00', channels: [mail]}
`,
  )
  flags = [`--notifications-config=${config}`, '--notifications-interval=1s', '--address-guard=false']
  world = await openWorld('telling', { flags })
  await world.plane.kubectl(['create', 'namespace', 'perennial'])
}, startTimeout)

afterAll(async () => {
  await second?.stop()
  await world?.close()
  await mail?.stop()
  receiver?.close()
  scratch.remove()
}, testTimeout)

interface Program {
  readonly notices: readonly { readonly status: string; readonly certificate: string; readonly message?: string }[]
}

const notices = (): Program['notices'] =>
  posted.filter(({ path }) => path === '/program').flatMap(({ body }) => (JSON.parse(body) as Program).notices)
const about = (name: string, status: string) =>
  notices().filter((one) => one.certificate === `telling/${name}` && one.status === status)

describe('an operator that is told whom to tell', () => {
  it(
    'tells everybody of a certificate that cannot be had, in spite of a channel that is broken',
    async () => {
      await world.ns.certificate('lost', { issuerRef: from('nowhere') })
      await until('the program is told', async () => (about('lost', 'firing').length > 0 ? true : undefined))
      expect(about('lost', 'firing')[0]?.message).toContain('nowhere')
      expect(posted.find(({ path }) => path === '/program')?.authorization).toBe(secret)
      const chat = await until('the chat is told', async () => posted.find(({ path }) => path === '/chat'))
      expect((JSON.parse(chat.body) as { text: string }).text).toContain('kubectl perennial why lost -n telling')
      const letter = await until('the letter', async () => mail.letters.find((one) => one.includes('telling/lost')))
      expect(letter).toMatch(/^To: ops@example\.com/m)
      expect(
        await world.operator.metric('perennial_notifications_total', { channel: 'broken', outcome: 'failed' }),
      ).toBe(1)
    },
    testTimeout,
  )

  it(
    'sends the digest of the day',
    async () => {
      const letter = await until('the digest', async () =>
        mail.letters.find((one) => /Subject: Perennial: (\d+ in trouble|all is well), \d{4}/.test(one)),
      )
      expect(letter).toContain('certificates')
    },
    testTimeout,
  )

  it(
    'tells nothing twice after it was killed, and goes on with what is new',
    async () => {
      // What was told is written after it is told: whoever is killed in between tells it again.
      await until('it is written down', async () => {
        const kept = await world.plane.kubectl([
          'get',
          'configmap',
          '-n',
          'perennial',
          'perennial-notifications',
          '-o',
          'json',
        ])
        return kept.includes('telling/lost') && kept.includes('digests') && /digests.{0,20}mail/.test(kept)
          ? true
          : undefined
      })
      logged += world.operator.log()
      await world.operator.kill()
      second = await startOperator({ kubeconfig: world.plane.kubeconfig, flags })
      await world.ns.certificate('later', { issuerRef: from('nowhere') })
      await until('the program is told', async () => (about('later', 'firing').length > 0 ? true : undefined))
      expect(about('lost', 'firing')).toHaveLength(1)
    },
    testTimeout,
  )

  it(
    'says that it is over',
    async () => {
      await world.ns.issuer('nowhere', { selfSigned: {} })
      await world.ns.ready('lost')
      await until('the program is told', async () => (about('lost', 'resolved').length > 0 ? true : undefined))
      const letter = await until('the letter', async () =>
        mail.letters.find((one) => one.includes('telling/lost is good again')),
      )
      expect(letter).toContain('Subject: ')
    },
    testTimeout,
  )

  it('never writes credentials, nor what a server answered, into its log', () => {
    logged += second?.log() ?? ''
    expect(logged).toContain('a notification was not taken')
    for (const words of [secret, 'what a body', mail.user.password]) expect(logged).not.toContain(words)
  })
})
