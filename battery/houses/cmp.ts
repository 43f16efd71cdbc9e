/** A CMP service of the project's own: over HTTP, or over bare TCP as older servers speak it. */
import { CmpServer } from '../../test/support/cmp-server/fake.ts'
import { askedOfCa } from '../faults/asked.ts'
import { startHttpProxy } from '../faults/httpproxy.ts'
import { Plan } from '../faults/plan.ts'
import { startTcpProxy } from '../faults/tcpproxy.ts'
import type { House, HouseOptions } from './house.ts'

const secret = 'cmp-horse-battery-staple'
const reference = '4711'

async function openOver(
  protocol: string,
  server: CmpServer,
  way: { readonly url: string } & Pick<House, 'plan' | 'passed'> & {
      readonly proxy: { readonly partition: House['partition']; close(): Promise<void> }
    },
): Promise<House> {
  const sharedSecret = { reference, secretRef: { name: protocol, key: 'secret' } }
  return {
    protocol,
    spec: { cmp: { url: way.url, sharedSecret } },
    secrets: { [protocol]: { secret } },
    words: [secret],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    flags: [],
    revokes: 'deletion',
    plan: way.plan,
    passed: way.passed,
    partition: way.proxy.partition,
    ledger: { name: 'CMP', issued: () => Promise.resolve(server.issued.map(({ certificate }) => certificate)) },
    keepsWaiting: (waits) => Object.assign(server.troubles, { waitingPolls: waits ? 1 : 0, checkAfter: 1 }),
    stop: async () => {
      await way.proxy.close()
      await server.stop()
    },
  }
}

export async function openCmp({ kill }: HouseOptions): Promise<House> {
  const server = await CmpServer.start({ secrets: { [reference]: secret } })
  const plan = new Plan()
  const target = { url: new URL(server.url).origin }
  const proxy = await startHttpProxy({ target, plan, read: askedOfCa, kill })
  return openOver('cmp', server, { url: `${proxy.url}/pkix/`, plan, passed: proxy.passed, proxy })
}

export async function openCmpTcp({ kill }: HouseOptions): Promise<House> {
  const server = await CmpServer.start({ secrets: { [reference]: secret }, tcp: true })
  const plan = new Plan()
  const proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: server.tcpPort }, plan, kill })
  return openOver('cmp-tcp', server, { url: `tcp://127.0.0.1:${proxy.port}`, plan, passed: proxy.passed, proxy })
}
