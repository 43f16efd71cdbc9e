/**
 * globalsign's estserver. It issues for 90 days, or for as long as its own CA lives: so its CA lives 20 minutes, and every ten
 * minutes the server is started again with the next one, under the same root. It knows whom it has certified by its CA, whose key
 * therefore stays.
 */
import { systemClock } from '../../src/runtime/clock.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { readSigner } from '../../src/pki/signer.ts'
import { minus, minutes, plus } from '../../src/std/time.ts'
import { someCa } from '../../test/support/ca-material.ts'
import type { CaMaterial } from '../../test/support/ca-material.ts'
import { startEstServer } from '../../test/support/estserver.ts'
import type { EstServer } from '../../test/support/estserver.ts'
import { unwrap } from '../../test/support/unwrap.ts'
import { certificateOf, issuerOf } from './authority.ts'
import type { Authority } from './authority.ts'

const life = minutes(20)
const change = minutes(10)

export async function startEst(): Promise<Authority> {
  const root = await someCa('Demo EST root')
  const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
  let server = await startEstServer({ ca: root, issuing: await issuing(root, key) })
  const { url } = server
  const next = async (): Promise<EstServer> => {
    await server.stop()
    return startEstServer({ ca: root, issuing: await issuing(root, key), port: Number(new URL(url).port) })
  }
  let changing = Promise.resolve()
  // A server that does not come back shows in the table, as it would in a cluster.
  const timer = setInterval(() => {
    changing = next().then(
      (started) => void (server = started),
      () => undefined,
    )
  }, change)
  return {
    who: "EST: globalsign's estserver; its certificates live twenty minutes and are renewed long before",
    manifests: [
      issuerOf('estserver', { est: { server: url, caFingerprint: sha256Hex(root.certificate) } }),
      // 95 % before the end: after a minute, for as long as a certificate must be kept.
      certificateOf({ name: 'sensor', issuer: 'estserver', spec: { duration: '20m', renewBeforePercentage: 95 } }),
    ],
    asked: [],
    roots: () => Promise.resolve([]),
    stop: async () => {
      clearInterval(timer)
      await changing
      await server.stop()
    },
  }
}

/** Each CA has the key of the one before, so that what that one issued is still known to the server. */
async function issuing(root: CaMaterial, key: PrivateKey): Promise<CaMaterial> {
  const now = systemClock.now()
  const certificate = await issueCertificate({
    wanted: {
      subject: [[{ oid: '2.5.4.3', value: 'Demo EST CA' }]],
      names: [],
      key: key.shape,
      lifetime: life,
      usages: ['cert sign', 'crl sign'],
      encodeUsagesInRequest: true,
      isCA: true,
    },
    publicKey: key.publicKey,
    signer: unwrap(readSigner(root)),
    notBefore: minus(now, minutes(1)),
    notAfter: plus(now, life),
  })
  return { certificate, key, secret: {} }
}
