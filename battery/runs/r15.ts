/** R15: specs are edited at random, five hundred times; what lies there in the end is what a fresh Certificate of the last spec has. */
import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { mergePatch } from '../../src/std/json.ts'
import { conditionOf } from '../../test/support/cluster.ts'
import type { Namespace } from '../../test/support/cluster.ts'
import { Dice } from '../../test/sim/dice.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import { patience, recovery } from './fleet.ts'

const walkers = 10
const steps = 50

/** What an edit does to a spec: a merge patch, where null takes a field away. The last ones are no good, and are mended later. */
const edits: readonly JsonObject[] = [
  { dnsNames: ['a.example'] },
  { dnsNames: ['a.example', '*.b.example'] },
  { commonName: 'a.example' },
  { commonName: null },
  { ipAddresses: ['192.0.2.1'] },
  { ipAddresses: null },
  { uris: ['spiffe://a/b'] },
  { uris: null },
  { subject: { organizations: ['Battery'] } },
  { subject: null },
  { duration: '24h', renewBefore: null },
  { duration: '240h', renewBefore: '24h' },
  { duration: null, renewBefore: null },
  { usages: ['server auth'] },
  { usages: ['digital signature', 'client auth'] },
  { usages: null },
  { isCA: true },
  { isCA: null },
  { privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' } },
  { privateKey: { algorithm: 'ECDSA', size: 384, rotationPolicy: 'Always' } },
  { privateKey: { algorithm: 'Ed25519', size: null } },
  { privateKey: { encoding: 'PKCS8' } },
  { privateKey: { encoding: null } },
  { secretTemplate: { labels: { team: 'web' }, annotations: { note: 'one' } } },
  { secretTemplate: { labels: { team: null, tier: 'front' } } },
  { secretTemplate: null },
  { additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }] },
  { additionalOutputFormats: null },
  { deletionPolicy: 'Delete' },
  { deletionPolicy: null },
  { issuerRef: { name: 'selfsigned' } },
  { issuerRef: { name: 'nobody' } },
  { issuerRef: { name: 'ca' } },
]

export async function walkAtRandom({ say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r15', houses: ['ca'] })
  try {
    const dice = new Dice(15)
    const specs = await walk(world.ns, dice)
    say(`${walkers * steps} edits made`)
    for (const [i, spec] of specs.entries()) await make(world.ns, `fresh-${i}`, spec)
    const rest = await recovery(world, patience)
    const lost: string[] = typeof rest === 'string' ? [rest] : []
    for (const i of specs.keys()) {
      const [walked, fresh] = [await look(world.ns, `walked-${i}`), await look(world.ns, `fresh-${i}`)]
      if (walked !== fresh) lost.push(`walked-${i} is ${walked}, and a fresh one is ${fresh}`)
    }
    return [
      {
        id: 'R15',
        what: `random edits of specs: names, subject, life, usages, key, issuers that are and are not there, outputs`,
        often: `${walkers} Certificates, ${steps} edits each`,
        found: `${walkers} the same as fresh ones of their last specs`,
        lost: [...lost, ...(await breaches(world))],
      },
    ]
  } finally {
    await world.close()
  }
}

const first = (): JsonObject => ({
  issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' },
  dnsNames: ['a.example'],
  privateKey: { algorithm: 'ECDSA', size: 256 },
})

async function make(ns: Namespace, name: string, spec: Json): Promise<void> {
  await ns.create('certificates', {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name },
    spec: mergePatch(spec, { secretName: name }),
  })
}

/** Edits that the API server refuses change nothing. @returns the last specs */
async function walk(ns: Namespace, dice: Dice): Promise<readonly Json[]> {
  const specs: Json[] = Array.from({ length: walkers }, first)
  for (const [i, spec] of specs.entries()) await make(ns, `walked-${i}`, spec)
  for (let step = 0; step < walkers * steps; step++) {
    const i = dice.below(walkers)
    await edit({ ns, specs, i }, dice.pick(edits))
    // Some edits come before the one before is carried out, some after.
    await sleep(dice.below(200))
  }
  // Where a key is to stay, and no longer fits, a person is waited for: what lies there then depends on the way on purpose.
  const last: JsonObject = { issuerRef: { name: 'ca' }, privateKey: { rotationPolicy: 'Always' } }
  for (const i of specs.keys()) await edit({ ns, specs, i }, last)
  return specs
}

interface Walker {
  readonly ns: Namespace
  readonly specs: Json[]
  readonly i: number
}

async function edit({ ns, specs, i }: Walker, patch: JsonObject): Promise<void> {
  await ns.patch('certificates', `walked-${i}`, { spec: patch }).then(
    () => (specs[i] = mergePatch(specs[i] ?? {}, patch)),
    () => undefined,
  )
}

/** What is of a moment, or holds a name. */
const ofItsOwn = ['issued-at', 'content', 'certificate-name', 'renew', 'outputs-hash', 'request-hash']

/** Everything about a Certificate and its Secret that does not differ from one issuance to the next. */
async function look(ns: Namespace, name: string): Promise<string> {
  const [certificate, secret] = [await ns.seenCertificate(name), await ns.seenSecret(name)]
  if (certificate === undefined || secret === undefined) return 'not there'
  const leaf = new X509Certificate(secret.data['tls.crt'] ?? '')
  const { labels, annotations = {}, ownerReferences = [] } = secret.metadata
  const ready = conditionOf(certificate, 'Ready')
  return JSON.stringify({
    ready: [ready?.status, ready?.reason],
    conditions: certificate.status?.conditions?.map(({ type, status }) => `${type}=${status}`).toSorted(),
    type: secret.type,
    entries: Object.keys(secret.data).toSorted(),
    labels,
    annotations: Object.entries(annotations)
      .filter(([key]) => !ofItsOwn.includes(key.replace('perennial.dev/', '')))
      .map(([key, value]) => `${key}=${value}`)
      .toSorted(),
    owners: ownerReferences.length,
    key: [leaf.publicKey.asymmetricKeyType, leaf.publicKey.asymmetricKeyDetails],
    encoding: String(secret.data['tls.key']).split('\n')[0],
    leaf: [leaf.subject, leaf.issuer, leaf.subjectAltName, leaf.keyUsage, leaf.ca],
    minutes: Math.round((Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 60_000),
  })
}
