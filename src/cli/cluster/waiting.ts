/** Waiting for the operator to do what was asked: by looking again, for as long as the person allows. */
import type { Certificate } from '../../api/certificate.ts'
import { seconds } from '../../std/time.ts'
import { exitCodes } from '../exitcodes.ts'
import type { ExitCode } from '../exitcodes.ts'
import type { Errand } from './commands.ts'
import { conditionOf } from './story.ts'

const interval = seconds(1)

/** @returns once each has another certificate than it had */
export async function untilRenewed(errand: Errand, before: readonly Certificate[]): Promise<ExitCode> {
  const { cluster, world, signal } = errand
  for (const { metadata, status } of before) {
    const ref = { namespace: metadata.namespace ?? '', name: metadata.name }
    const end = await looking(errand, async () => {
      const now = await cluster.certificates.get(ref, signal)
      if (now === undefined) return exitCodes.usage
      return now.status?.serialNumber !== status?.serialNumber ? exitCodes.fine : undefined
    })
    if (end !== exitCodes.fine) return end
    world.terminal.note(`Certificate ${ref.namespace}/${ref.name}: renewed`)
  }
  return exitCodes.fine
}

/** @returns once the CA has revoked, or it is clear that it will not */
export async function untilRevoked(errand: Errand, name: string): Promise<ExitCode> {
  const { cluster, world, signal } = errand
  return looking(errand, async () => {
    const order = await cluster.revocations.get({ namespace: cluster.namespace, name }, signal)
    if (order === undefined) return exitCodes.usage
    if (order.status?.revokedAt !== undefined) {
      world.terminal.note(`revoked at ${order.status.revokedAt}`)
      return exitCodes.fine
    }
    const stalled = conditionOf(order, 'Stalled')
    if (stalled === undefined) return undefined
    world.terminal.complaint(stalled.message)
    return exitCodes.refused
  })
}

async function looking(
  { world, signal }: Pick<Errand, 'world' | 'signal'>,
  look: () => Promise<ExitCode | undefined>,
): Promise<ExitCode> {
  for (;;) {
    const end = await look()
    if (end !== undefined) return end
    await new Promise<void>((resolve) => {
      const cancel = world.clock.after(interval, resolve)
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true })
    })
    signal.throwIfAborted()
  }
}
