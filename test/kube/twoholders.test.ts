/** Two replicas that both believe a Certificate to be theirs, each with sight of its own: the writes of one of them fail. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { certificateKind } from '../../src/api/certificate.ts'
import type { Certificate, CertificateStatus } from '../../src/api/certificate.ts'
import type { Secret } from '../../src/api/meta.ts'
import { projectCertificate } from '../../src/controllers/certificate/certificates.ts'
import type { CertificateProjection } from '../../src/controllers/certificate/certificates.ts'
import { changeFinalizer } from '../../src/controllers/certificate/finalizers.ts'
import type { SecretProjection } from '../../src/controllers/certificate/projection.ts'
import { CertificateSecrets } from '../../src/controllers/certificate/secrets.ts'
import { CertificateStatuses } from '../../src/controllers/certificate/statuses.ts'
import { SecretsInWriting } from '../../src/controllers/certificate/writing.ts'
import { Resource } from '../../src/kube/resource.ts'
import { Store } from '../../src/kube/store.ts'
import { generateKey } from '../../src/pki/key.ts'
import { failure } from '../support/fakeapi/faults.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

const secretKind = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true } as const
const certificates = '/apis/perennial.dev/v1/certificates'
const secrets = '/api/v1/secrets'
const place = { collection: certificates, namespace: 'team', name: 'web' }
const never = new AbortController().signal

/** What one replica holds: its sight of the Certificate as it was when the test began. */
interface Holder {
  readonly seen: Certificate
  readonly statuses: CertificateStatuses
  readonly secrets: CertificateSecrets
}

let world: World

beforeEach(async () => {
  world = await makeWorld()
  put({})
})

afterEach(() => world.end())

const spec = { secretName: 'web-tls', dnsNames: ['web.example'], issuerRef: { name: 'ca' } }

function put(status: CertificateStatus, labels: Readonly<Record<string, string>> = {}): void {
  const { kind } = certificateKind
  const metadata = { namespace: 'team', name: 'web', labels }
  world.api.objects.put(certificates, { apiVersion: 'perennial.dev/v1', kind, metadata, spec, status })
}

const toldNow = (): unknown => world.api.objects.get(place)?.['status']

async function holder(): Promise<Holder> {
  const resource = new Resource<Certificate>(world.transport, certificateKind)
  const seen = await resource.get({ namespace: 'team', name: 'web' }, never)
  if (seen === undefined) throw new Error('no Certificate')
  const store = new Store<CertificateProjection>({})
  store.put('team/web', projectCertificate(seen))
  return {
    seen,
    statuses: new CertificateStatuses(resource, store),
    secrets: new CertificateSecrets({
      secrets: new Resource<Secret>(world.transport, secretKind),
      store: new Store<SecretProjection>({}),
      writing: new SecretsInWriting(),
      written: () => undefined,
    }),
  }
}

const ready = (revision: number): CertificateStatus => ({ revision })
const ticket = { version: 1, phase: 'order', state: {} } as const
const inFlight = { protocol: 'acme', requestHash: 'h', issuer: 'i', keyHash: 'k', startedAt: '2026-11-23T12:00:00Z' }

describe('of two that write the status of one Certificate', () => {
  const cases: readonly {
    readonly name: string
    readonly first: CertificateStatus
    readonly second: CertificateStatus
  }[] = [
    { name: 'both tell of an issuance', first: ready(1), second: ready(1.5) },
    { name: 'the second tells of a failure', first: ready(1), second: { failedIssuanceAttempts: 1 } },
    {
      name: 'the second has a ticket',
      first: ready(1),
      second: { enrollment: { ...inFlight, phase: 'order', ticket } },
    },
  ]

  it.each(cases)('the first is believed where $name', async ({ first, second }) => {
    const [one, two] = [await holder(), await holder()]
    expect(await one.statuses.write(one.seen, first, never)).toBe('written')
    expect(await two.statuses.write(two.seen, second, never)).toBe('stale')
    expect(toldNow()).toEqual(first)
  })

  it('one is believed when both write in the same moment', async () => {
    const holders = await Promise.all(Array.from({ length: 8 }, holder))
    const ends = await Promise.all(
      holders.map(({ statuses, seen }, index) => statuses.write(seen, ready(index + 1), never)),
    )
    expect(ends.filter((end) => end === 'written')).toHaveLength(1)
    expect(toldNow()).toEqual(ready(ends.indexOf('written') + 1))
  })

  it('the second may say the same', async () => {
    const [one, two] = [await holder(), await holder()]
    await one.statuses.write(one.seen, ready(1), never)
    expect(await two.statuses.write(two.seen, ready(1), never)).toBe('written')
  })

  it('nothing is written about another Certificate of the same name', async () => {
    const { statuses, seen } = await holder()
    world.api.objects.delete(place)
    put({})
    expect(await statuses.write(seen, ready(1), never)).toBe('stale')
    expect(toldNow()).toEqual({})
  })
})

describe('somebody who edits labels', () => {
  it('makes nobody lose what is to be told', async () => {
    const { statuses, seen } = await holder()
    put({}, { edited: 'yes' })
    expect(await statuses.write(seen, ready(1), never)).toBe('written')
    expect(world.api.objects.get(place)).toMatchObject({
      metadata: { labels: { edited: 'yes' } },
      status: { revision: 1 },
    })
  })

  /** Somebody writes before each write of ours. */
  const before = (edit: (count: number) => void): void => {
    let edits = 0
    world.api.always({ kind: 'drop' }, ({ verb }) => {
      if (verb === 'patch') edit(++edits)
      return false
    })
  }

  it('without end is not in the way', async () => {
    const { statuses, seen } = await holder()
    before((edits) => put({}, { edits: String(edits) }))
    expect(await statuses.write(seen, ready(1), never)).toBe('written')
    expect(await statuses.write({ ...seen, status: ready(1) }, ready(2), never)).toBe('stale')
    expect(toldNow()).toEqual({})
  })

  it('hides nobody who tells something else at the same time', async () => {
    const { statuses, seen } = await holder()
    before((edits) => put(edits === 1 ? {} : { failedIssuanceAttempts: 1 }, { edits: String(edits) }))
    expect(await statuses.write(seen, ready(1), never)).toBe('stale')
    expect(toldNow()).toEqual({ failedIssuanceAttempts: 1 })
  })

  it('has it tried again later where the API server finds a conflict in everything', async () => {
    const { statuses, seen } = await holder()
    world.api.always(failure(409, 'Conflict'), ({ verb }) => verb === 'patch')
    expect(await statuses.write(seen, ready(1), never)).toBe('contended')
  })

  it('without end does not keep a finalizer away, and one that a status asks for no more is not put there', async () => {
    const { seen } = await holder()
    const resource = new Resource<Certificate>(world.transport, certificateKind)
    const parts = { certificates: resource, store: new Store<CertificateProjection>({}) }
    const asked = { certificate: seen, change: { finalizer: 'perennial.dev/enrollment', kind: 'add' } } as const
    before((edits) => put({}, { edits: String(edits) }))
    expect(await changeFinalizer(parts, asked, never)).toEqual({ kind: 'done' })
    expect(world.api.objects.get(place)?.metadata).toMatchObject({ finalizers: ['perennial.dev/enrollment'] })
    before(() => put(ready(1)))
    expect(await changeFinalizer(parts, asked, never)).toEqual({ kind: 'retry' })
    expect(world.api.objects.get(place)?.metadata).not.toHaveProperty('finalizers')
  })
})

describe('of two that begin an enrollment', () => {
  it('one has its key stored', async () => {
    const [one, two] = [await holder(), await holder()]
    const keys = await Promise.all([
      generateKey({ algorithm: 'ECDSA', size: 256 }),
      generateKey({ algorithm: 'ECDSA', size: 256 }),
    ])
    const stored = await Promise.all([
      one.secrets.next.store(one.seen, keys[0], never),
      two.secrets.next.store(two.seen, keys[1], never),
    ])
    expect(stored.filter((isOurs) => isOurs)).toHaveLength(1)
    const loaded = await one.secrets.next.load(one.seen, '', never)
    expect(loaded?.key.publicKeyHash).toBe(keys[stored.indexOf(true)]?.publicKeyHash)
  })

  it('none lays its request beside the key of the other', async () => {
    const [one, two] = [await holder(), await holder()]
    const mine = await generateKey({ algorithm: 'ECDSA', size: 256 })
    await one.secrets.next.store(one.seen, mine, never)
    const bytes = new Uint8Array([1, 2, 3])
    expect(await two.secrets.next.keepRequest(two.seen, { bytes, by: 'u', keyHash: 'another' }, never)).toBe(false)
    expect(await one.secrets.next.keepRequest(one.seen, { bytes, by: 'u', keyHash: mine.publicKeyHash }, never)).toBe(
      true,
    )
    expect((await two.secrets.next.load(two.seen, 'u', never))?.request).toEqual(Buffer.from(bytes))
  })

  it('keeps its request although somebody edits a label of the Secret', async () => {
    const { secrets: own, seen } = await holder()
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    await own.next.store(seen, key, never)
    const [stored] = world.api.objects.list({ collection: secrets, namespace: 'team', name: undefined })
    if (stored === undefined) throw new Error('no Secret')
    world.api.objects.put(secrets, { ...stored, metadata: { ...stored.metadata, labels: { edited: 'yes' } } })
    const kept = { bytes: new Uint8Array([7]), by: 'u', keyHash: key.publicKeyHash }
    expect(await own.next.keepRequest(seen, kept, never)).toBe(true)
  })

  it('keeps its request although somebody edits the Secret without end, and not where that comes to hold another key', async () => {
    const { secrets: own, seen } = await holder()
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    await own.next.store(seen, key, never)
    const kept = { bytes: new Uint8Array([7]), by: 'u', keyHash: key.publicKeyHash }
    const change = (data: object, labels: Record<string, string>): void => {
      const [held] = world.api.objects.list({ collection: secrets, namespace: 'team', name: undefined })
      if (held === undefined) throw new Error('no Secret')
      const all = { ...(held['data'] as object), ...data }
      world.api.objects.put(secrets, { ...held, metadata: { ...held.metadata, labels }, data: all })
    }
    let other: Record<string, string> = {}
    world.api.always({ kind: 'drop' }, ({ verb }) => {
      if (verb === 'patch') change(other, { edits: String(world.api.requests.length) })
      return false
    })
    expect(await own.next.keepRequest(seen, kept, never)).toBe(true)
    const another = await generateKey({ algorithm: 'ECDSA', size: 256 })
    other = { 'tls.key': Buffer.from(another.toPem('PKCS8')).toString('base64') }
    expect(await own.next.keepRequest(seen, { ...kept, bytes: new Uint8Array([8]) }, never)).toBe(false)
    expect((await own.next.load(seen, 'u', never))?.request).toEqual(Buffer.from([7]))
  })
})
