/**
 * Two SCEP services: micromdm's scepserver, which issues for a day at least and so does not renew before anybody's eyes unless it is
 * asked, and the project's own, which issues for two minutes.
 */
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { minutes } from '../../src/std/time.ts'
import { FakeScep } from '../../test/support/scep-server/fake.ts'
import { singleCa } from '../../test/support/scep-server/material.ts'
import { serveScep } from '../../test/support/scep-server/serve.ts'
import { startScepServer } from '../../test/support/scepserver.ts'
import { certificateOf, issuerOf, secretOf } from './authority.ts'
import type { Authority } from './authority.ts'

const challenge = 'correct-horse-battery-staple'
const challengeSecretRef = { name: 'scep-challenge', key: 'challenge' }
const privateKey = { algorithm: 'RSA', size: 2048 }

export async function startScep(): Promise<Authority> {
  const server = await startScepServer({ challenge, serverUsages: true, days: 1 })
  const material = await singleCa()
  const own = new FakeScep({ material, now: () => systemClock.now(), lifetime: minutes(2) })
  own.troubles.challenge = challenge
  const served = await serveScep(own)
  const ownPin = sha256Hex(material.ca.certificate)
  return {
    who: "SCEP: micromdm's scepserver, a day at least, and a service of this repository, two minutes",
    manifests: [
      secretOf('scep-challenge', { challenge }),
      issuerOf('scepserver', {
        scep: { url: server.url, caFingerprint: sha256Hex(server.ca), challengeSecretRef, allowLegacy: ['DES-CBC'] },
      }),
      certificateOf({ name: 'router', issuer: 'scepserver', spec: { privateKey, duration: '24h' } }),
      issuerOf('own-scep', { scep: { url: `${served.url}/scep`, caFingerprint: ownPin, challengeSecretRef } }),
      certificateOf({ name: 'phone', issuer: 'own-scep', spec: { privateKey, duration: '2m' } }),
    ],
    asked: ['router'],
    roots: () => Promise.resolve([]),
    stop: async () => {
      await served.close()
      await server.stop()
    },
  }
}
