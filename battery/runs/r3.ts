/** R3: the API server restarts again and again, and etcd stands still. */
import { conditionOf, until } from '../../test/support/cluster.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle } from './fleet.ts'

const frozen = 30_000
/** Seconds until it hears of what is new. */
const bar = 10

export async function restartApiServer({ times: restarts = 20, say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r3', houses: ['ca', 'est'] })
  try {
    const names = await settle(world, 5)
    const { pid } = world.operator.running
    const churn = new Churn(world, names)
    const took: number[] = []
    churn.start(500)
    for (let i = 0; i < restarts; i++) {
      await world.plane.restartApiServer()
      took.push(await heard(world, `after-restart-${i}`))
      say(`restart ${i + 1}: heard of what is new ${took.at(-1)?.toFixed(1)} s after the API server was back`)
    }
    await world.plane.freezeEtcd(frozen)
    const thaw = await heard(world, 'after-thaw')
    await churn.stop()
    const rest = await recovery(world, patience)
    const lost = [...(await breaches(world)), ...(typeof rest === 'string' ? [rest] : [])]
    if (world.operator.running.pid !== pid) lost.push('the operator ended')
    const late = [...took, thaw].filter((seconds) => seconds > bar)
    if (late.length > 0)
      lost.push(`it took ${late.map((seconds) => `${seconds.toFixed(1)} s`).join(', ')} to hear of what is new`)
    return [
      {
        id: 'R3',
        what: 'the API server restarts; etcd stands still for 30 s; renewals all the while',
        often: `${restarts} restarts, 1 standstill`,
        found: `what is new was issued at most ${Math.max(...took).toFixed(1)} s after a restart, ${thaw.toFixed(1)} s after the standstill; no exit`,
        lost,
      },
    ]
  } finally {
    await world.close()
  }
}

/** @returns seconds from when the API server takes a Certificate until that is Ready */
async function heard({ ns }: World, name: string): Promise<number> {
  await until('the API server takes a Certificate', async () => {
    const spec = { issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } } as const
    return ns.certificate(name, spec).then(
      () => true,
      async () => (await ns.seenCertificate(name).catch(() => undefined)) !== undefined || undefined,
    )
  })
  const begun = performance.now()
  await until(`Certificate ${name} Ready`, async () => {
    const seen = await ns.seenCertificate(name).catch(() => undefined)
    return conditionOf(seen, 'Ready')?.status === 'True' ? true : undefined
  })
  return (performance.now() - begun) / 1000
}
