import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { Secret } from '../../../../src/api/meta.ts'
import { marksFor } from '../../../../src/controllers/certificate/marks.ts'
import type { Observation } from '../../../../src/controllers/certificate/observe.ts'
import { projectSecret } from '../../../../src/controllers/certificate/projection.ts'
import type { CertificateSecret, SecretProjection } from '../../../../src/controllers/certificate/projection.ts'
import { Publisher } from '../../../../src/controllers/certificate/publish.ts'
import { CertificateSecrets } from '../../../../src/controllers/certificate/secrets.ts'
import { newSecret } from '../../../../src/controllers/certificate/shape.ts'
import { SecretsInWriting } from '../../../../src/controllers/certificate/writing.ts'
import { Resource } from '../../../../src/kube/resource.ts'
import { Store } from '../../../../src/kube/store.ts'
import { certificateFacts } from '../../../../src/pki/certificate.ts'
import { issueCertificate } from '../../../../src/pki/issue.ts'
import { readPrivateKey } from '../../../../src/pki/key.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import { selfSigner } from '../../../../src/pki/signer.ts'
import { days, plus } from '../../../../src/std/time.ts'
import { caBegins, someCa } from '../../../support/ca-material.ts'
import { FakeClock } from '../../../support/clock.ts'
import type { FakeObject } from '../../../support/fakeapi/objects.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { makeWorld } from '../../../kube/world.ts'
import type { World } from '../../../kube/world.ts'
import { baseSpec, snapshotOf, wishOf } from '../../domain/snapshots.ts'

const secretKind = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true }
const place = { collection: '/api/v1/secrets', namespace: 'team', name: 'web-tls' }
const certificate: Certificate = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { namespace: 'team', name: 'web', uid: 'web-uid' },
  spec: baseSpec,
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const { signal } = new AbortController()

let world: World
let publisher: Publisher
beforeEach(async () => {
  world = await makeWorld()
  const store = new Store<SecretProjection>({ log: world.log })
  const resource = new Resource<Secret>(world.transport, secretKind)
  const secrets = { secrets: resource, store, writing: new SecretsInWriting(), written: () => undefined }
  publisher = new Publisher(new CertificateSecrets(secrets), new FakeClock(), () => Promise.resolve())
})
afterEach(() => world.end())

const stored = (): FakeObject & { readonly data?: Record<string, string> } => {
  const object = world.api.objects.get(place)
  if (object === undefined) throw new Error('no Secret')
  return object
}

/** A Secret as it was published, and what the cache knows of it. */
async function published(): Promise<Observation> {
  const { certificate: der, key } = await someCa('web')
  const data = { 'tls.crt': base64(certificatesPem([der])), 'tls.key': base64(key.toPem('PKCS8')) }
  const bare: Observation = { certificate, issuerKey: 'Issuer/team/ca', secret: undefined, snapshot: snapshotOf() }
  const wish = wishOf()
  const marks = marksFor({ wish, facts: unwrap(certificateFacts(der)), observation: bare, now: caBegins })
  const { metadata, ...rest } = newSecret({ certificate, wish, data, marks })
  world.api.objects.put(place.collection, { ...rest, metadata: { ...metadata, name: 'web-tls' } })
  const secret = seen()
  return { ...bare, secret, snapshot: snapshotOf({ more: { secret: secret.view } }) }
}

function seen(): CertificateSecret {
  const { data = {}, metadata } = stored()
  const projected = projectSecret({ apiVersion: 'v1', kind: 'Secret', metadata, data })
  if (projected.role !== 'certificate') throw new Error('not ours')
  return projected
}

/** Somebody changes the Secret, and the cache has not heard of it. */
const change = (data: Record<string, string>): void => {
  const now = stored()
  world.api.objects.put(place.collection, { ...now, data: { ...now.data, ...data } })
}

describe('a Secret that is written anew', () => {
  it('is whole again when only a label has changed behind a late watch', async () => {
    const observation = await published()
    const now = stored()
    const labels = { ...now.metadata.labels, strange: 'yes' }
    world.api.objects.put(place.collection, { ...now, metadata: { ...now.metadata, labels } })
    expect(await publisher.republish(observation, wishOf(), signal)).toMatchObject({
      kind: 'published',
      secret: { intact: true, certificate: { kind: 'ok' }, key: { kind: 'ok' } },
    })
  })

  it('is left for another look when it was renewed with the same key behind a late watch', async () => {
    const observation = await published()
    const key = unwrap(readPrivateKey(Buffer.from(stored().data?.['tls.key'] ?? '', 'base64').toString()))
    const { wanted } = wishOf()
    const signer = selfSigner({ wanted, key })
    const times = { notBefore: caBegins, notAfter: plus(caBegins, days(1)) }
    const renewed = await issueCertificate({ wanted, publicKey: key.publicKey, signer, ...times })
    change({ 'tls.crt': base64(certificatesPem([renewed])) })
    expect(await publisher.republish(observation, wishOf(), signal)).toEqual({ kind: 'stale' })
    expect(world.api.count('patch')).toBe(0)
  })

  it.each([
    { what: 'its key', entry: 'tls.key' },
    { what: 'its certificate', entry: 'tls.crt' },
  ])('is left for another look when $what was damaged behind a late watch', async ({ entry }) => {
    const observation = await published()
    change({ [entry]: base64('garbage') })
    expect(await publisher.republish(observation, wishOf(), signal)).toEqual({ kind: 'stale' })
    expect(stored().data?.[entry]).toBe(base64('garbage'))
    expect(world.api.count('patch')).toBe(0)
  })

  it('is left for another look when another certificate came behind a late watch', async () => {
    const observation = await published()
    const { certificate: other } = await someCa('other')
    change({ 'tls.crt': base64(certificatesPem([other])) })
    const left = stored().data
    expect(await publisher.republish(observation, wishOf(), signal)).toEqual({ kind: 'stale' })
    expect(stored().data).toEqual(left)
  })

  it('is issued anew when somebody added to its chain: what is no longer known is not written again as ours', async () => {
    await published()
    const { certificate: other } = await someCa('other')
    const chain = Buffer.from(stored().data?.['tls.crt'] ?? '', 'base64').toString()
    change({ 'tls.crt': base64(`${chain}${certificatesPem([other])}`) })
    expect(seen().view).toMatchObject({ intact: false, certificate: { kind: 'damaged' } })
  })
})

describe('somebody who writes to the Secret before each write of ours', () => {
  /** @param edit - is told how many writes of ours there were before */
  const before = (edit: (had: number) => void): void =>
    world.api.always({ kind: 'drop' }, ({ verb }) => {
      if (verb === 'patch') edit(world.api.count('patch') - 1)
      return false
    })
  const annotate = (annotations: Record<string, string>): void => {
    const { metadata, ...rest } = stored()
    const all = { ...(metadata as { annotations?: object }).annotations, ...annotations }
    world.api.objects.put(place.collection, { ...rest, metadata: { ...metadata, annotations: all } as typeof metadata })
  }

  it('to what does not matter is not in the way, and stays', async () => {
    const observation = await published()
    before((had) => {
      annotate({ weather: String(had) })
      change({ weather: base64(String(had)) })
    })
    expect(await publisher.republish(observation, wishOf(), signal)).toMatchObject({ kind: 'published' })
    expect(world.api.count('patch')).toBe(2)
    expect(stored()).toMatchObject({
      metadata: { annotations: { weather: '1' } },
      data: { weather: base64('1') },
    })
  })

  it.each([
    { what: 'its key', data: { 'tls.key': base64('theirs') } },
    { what: 'its certificate', data: { 'tls.crt': base64('theirs') } },
  ])('is not written over when it is $what that comes between the look and the write', async ({ data }) => {
    const observation = await published()
    before((had) => (had === 0 ? annotate({ weather: 'fair' }) : change(data)))
    await publisher.republish(observation, wishOf(), signal)
    expect(stored().data).toMatchObject(data)
  })

  it('is not written over when another Secret of that name comes between the look and the write', async () => {
    const observation = await published()
    before((had) => {
      const { metadata, ...rest } = stored()
      const { name, namespace } = metadata
      if (had === 0) return annotate({ weather: 'fair' })
      world.api.objects.delete(place)
      world.api.objects.put(place.collection, { ...rest, metadata: { name, ...(namespace && { namespace }) } })
    })
    expect(await publisher.republish(observation, wishOf(), signal)).toMatchObject({ kind: 'secretTaken' })
    expect(stored().metadata).not.toHaveProperty('labels')
  })
})
