/** What most bars begin with: the `ca` issuer Ready, and Certificates that ask it. */
import { follow, inParallel } from '../api.ts'
import type { Api } from '../api.ts'
import { untilReady } from '../measure.ts'
import type { Waiting } from '../measure.ts'
import * as objects from '../objects.ts'
import type { RunningOperator } from '../operator.ts'
import type { Stage } from '../stage.ts'

export const p256 = { algorithm: 'ECDSA' } as const

/** The CA's own certificate and the issuer `ca`. */
export async function applyCa(api: Api): Promise<void> {
  await api.call('POST', objects.paths.issuers, objects.issuer('root', { selfSigned: {} }))
  await api.call('POST', objects.paths.certificates, objects.selfSigned('ca-root', 'root'))
  await api.call('POST', objects.paths.issuers, objects.issuer('ca', { ca: { secretName: 'ca-root' } }))
}

/** The CA Ready, and no operator running. */
export async function prepareCa({ api, run }: Stage): Promise<void> {
  await applyCa(api)
  const operator = run('prepare')
  await Promise.race([untilReady(api, 1), operator.crashed])
  await operator.stop()
}

export interface Leaves {
  readonly issuer?: string
  /** Number of the first. */
  readonly from?: number
  readonly count: number
  readonly privateKey?: object
}

export const createLeaves = (api: Api, { issuer = 'ca', from = 0, count, privateKey = p256 }: Leaves): Promise<void> =>
  inParallel(count, 32, async (i) => {
    await api.call('POST', objects.paths.certificates, objects.leaf(issuer, from + i, privateKey))
  })

/**
 * `count` Certificates wait, an operator is started on them and stopped when all are Ready.
 *
 * @param look - what is counted of them: `issue` or `measure`
 */
export async function issueWaiting<Seen>(
  stage: Stage,
  count: number,
  look: (operator: RunningOperator, waiting: Waiting) => Promise<Seen>,
): Promise<Seen> {
  await prepareCa(stage)
  await createLeaves(stage.api, { count })
  const operator = stage.run('issue')
  const seen = await look(operator, { api: stage.api, total: count, before: 1 })
  await operator.stop()
  return seen
}

/** Waits until what a watch of the Certificates says has made `isDone` true of `count` of them. */
export async function untilEach(
  { api, operator }: { readonly api: Api; readonly operator: RunningOperator },
  count: number,
  isDone: (seen: objects.Seen) => boolean,
): Promise<void> {
  const look = async (): Promise<void> => {
    const done = new Set<string>()
    for await (const object of follow(api, objects.certificatesPath)) {
      const seen = object as objects.Seen
      if (isDone(seen)) done.add(seen.metadata.name)
      if (done.size >= count) return
    }
  }
  await Promise.race([look(), operator.crashed])
}
