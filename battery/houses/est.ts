/** An EST server of the project's own, over TLS that must reach it whole: a renewal shows the certificate that goes. */
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../../test/support/ca-material.ts'
import { FakeEst } from '../../test/support/est-server/fake.ts'
import { serveEst } from '../../test/support/est-server/serve.ts'
import { serverCertificate } from '../../test/support/estserver.ts'
import { Plan } from '../faults/plan.ts'
import { startTcpProxy } from '../faults/tcpproxy.ts'
import type { House, HouseOptions } from './house.ts'

const login = { username: 'device', password: 'est-horse-battery-staple' }

export async function openEst({ kill }: HouseOptions): Promise<House> {
  const ca = await someCa('Battery EST CA')
  const fake = new FakeEst({ ca, now: () => systemClock.now() })
  fake.troubles.login = { ...login, schemes: ['SHA-256'] }
  const server = await serveEst(fake, await serverCertificate(ca))
  const plan = new Plan()
  const proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: server.port }, plan, kill })
  return {
    protocol: 'est',
    spec: {
      est: {
        server: `https://127.0.0.1:${proxy.port}`,
        caFingerprint: sha256Hex(ca.certificate),
        credentialsSecretRef: { name: 'est' },
      },
    },
    secrets: { est: login },
    words: [login.password],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    flags: [],
    revokes: 'never',
    plan,
    passed: proxy.passed,
    partition: proxy.partition,
    ledger: { name: 'EST', issued: () => Promise.resolve(fake.log) },
    keepsWaiting: (waits) => Object.assign(fake.troubles, { putsOff: waits ? 1 : 0, retryAfter: '1' }),
    stop: async () => {
      await proxy.close()
      await server.close()
    },
  }
}
