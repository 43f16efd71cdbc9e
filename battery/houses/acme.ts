/** Pebble, which issues what it has not been shown: a challenge answered by a dead process would fail by the rules of ACME. */
import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'undici'
import { startPebble } from '../../test/support/pebble.ts'
import { freePorts } from '../../test/support/process.ts'
import { servingMaterial } from '../faults/api.ts'
import { askedOfCa } from '../faults/asked.ts'
import { startHttpProxy } from '../faults/httpproxy.ts'
import { Plan } from '../faults/plan.ts'
import type { House, HouseOptions } from './house.ts'

export async function openAcme({ kill }: HouseOptions): Promise<House> {
  // Nobody listens where Pebble would look.
  const pebble = await startPebble({ httpPort: 1, alwaysValid: true, nonceReject: 5, authzReuse: 50 })
  const [answers = 0] = await freePorts(1)
  const plan = new Plan()
  const { tls, ca } = await servingMaterial()
  const target = { url: new URL(pebble.directoryUrl).origin, ca: pebble.caBundle }
  const proxy = await startHttpProxy({ target, tls, plan, read: askedOfCa, kill })
  const management = new Agent({ connect: { ca: pebble.caBundle } })
  const known = new Map<string, Uint8Array>()
  const issued = async (): Promise<readonly Uint8Array[]> => {
    for (const [, serial = ''] of pebble.log(1_000_000).matchAll(/Issued certificate serial ([0-9a-f]+) for order/g))
      if (!known.has(serial))
        known.set(serial, await certificateOf(`${pebble.managementUrl}/cert-status-by-serial/${serial}`, management))
    return [...known.values()]
  }
  return {
    protocol: 'acme',
    spec: {
      acme: { server: `${proxy.url}/dir`, privateKeySecretRef: { name: 'acme-account' } },
      tls: { caBundle: ca.certificate },
    },
    secrets: {},
    words: [],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    flags: ['--http01-self-check=false', `--http01-address=127.0.0.1:${answers}`],
    revokes: 'order',
    plan,
    passed: proxy.passed,
    partition: proxy.partition,
    ledger: { name: 'Pebble', issued },
    keepsWaiting: () => undefined,
    stop: async () => {
      await proxy.close()
      await management.close()
      await pebble.stop()
    },
  }
}

/** As Pebble's management tells it. */
async function certificateOf(url: string, dispatcher: Agent): Promise<Uint8Array> {
  const { body } = await request(url, { dispatcher, headers: { 'user-agent': 'perennial-battery' } })
  const { Certificate } = (await body.json()) as { readonly Certificate: string }
  return new X509Certificate(Certificate).raw
}
