/** A SCEP service of the project's own, over HTTP. */
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { FakeScep } from '../../test/support/scep-server/fake.ts'
import { singleCa } from '../../test/support/scep-server/material.ts'
import { serveScep } from '../../test/support/scep-server/serve.ts'
import { askedOfCa } from '../faults/asked.ts'
import { startHttpProxy } from '../faults/httpproxy.ts'
import { Plan } from '../faults/plan.ts'
import type { House, HouseOptions } from './house.ts'

const challenge = 'scep-horse-battery-staple'

export async function openScep({ kill }: HouseOptions): Promise<House> {
  const material = await singleCa()
  const fake = new FakeScep({ material, now: () => systemClock.now() })
  fake.troubles.challenge = challenge
  const server = await serveScep(fake)
  const plan = new Plan()
  const proxy = await startHttpProxy({ target: { url: server.url }, plan, read: askedOfCa, kill })
  const challengeSecretRef = { name: 'scep', key: 'challenge' }
  return {
    protocol: 'scep',
    spec: {
      scep: {
        url: `${proxy.url}/scep`,
        caFingerprint: sha256Hex(material.ca.certificate),
        challengeSecretRef,
        ecKeys: 'TemporaryRSA',
        pollInterval: '1s',
      },
    },
    secrets: { scep: { challenge } },
    words: [challenge],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    flags: [],
    revokes: 'never',
    plan,
    passed: proxy.passed,
    partition: proxy.partition,
    ledger: { name: 'SCEP', issued: () => Promise.resolve(fake.log) },
    keepsWaiting: (waits) => {
      fake.troubles.approval = waits ? 'manual' : 'automatic'
      if (waits) fake.troubles.pollsUntilApproval = 1
      else delete fake.troubles.pollsUntilApproval
    },
    stop: async () => {
      await proxy.close()
      await server.close()
    },
  }
}
