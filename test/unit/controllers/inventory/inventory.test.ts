import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { IssuerSpec } from '../../../../src/api/issuer.ts'
import type { Secret } from '../../../../src/api/meta.ts'
import type { CertificateProjection } from '../../../../src/controllers/certificate/certificates.ts'
import { projectSecret } from '../../../../src/controllers/certificate/projection.ts'
import type { SecretProjection } from '../../../../src/controllers/certificate/projection.ts'
import { Claimants } from '../../../../src/controllers/ingress/claimants.ts'
import { projectClaimant } from '../../../../src/controllers/ingress/projection.ts'
import { projectFoundSecret } from '../../../../src/controllers/inventory/found.ts'
import type { FoundProjection } from '../../../../src/controllers/inventory/found.ts'
import { Inventory } from '../../../../src/controllers/inventory/inventory.ts'
import type { IssuerProjection } from '../../../../src/controllers/issuer/issuers.ts'
import type { AuthorityRecord } from '../../../../src/domain/authority/record.ts'
import { annotations, labels } from '../../../../src/controllers/names.ts'
import { Store } from '../../../../src/kube/store.ts'
import { silentLogger } from '../../../../src/std/log.ts'
import { hours as hoursLong, minus, seconds, toRfc3339 } from '../../../../src/std/time.ts'
import { FakeClock } from '../../../support/clock.ts'
import { tlsSecret as secret } from '../../../support/tlssecret.ts'
import { tlsCa, tlsLeaf } from '../../../support/tls.ts'
import type { TlsMaterial } from '../../../support/tls.ts'

let ca: TlsMaterial
let leaf: TlsMaterial

beforeAll(async () => {
  ca = await tlsCa('Example CA')
  leaf = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'web.example' }] })
})

const certificate = (name: string, resourceVersion = '1'): CertificateProjection => {
  const object: Certificate = {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'shop', uid: name, resourceVersion },
    spec: { secretName: 'web', issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } },
  }
  return { resourceVersion, object }
}

const authority = (state: 'Current' | 'Former', subject: string): AuthorityRecord => ({
  subject,
  role: 'Root',
  state,
  fingerprintSHA256: subject,
  since: '2026-01-01T00:00:00Z',
})

const issuerWith = (spec: Pick<IssuerSpec, 'limits'>, authorities: readonly AuthorityRecord[]): IssuerProjection => ({
  resourceVersion: '1',
  object: {
    apiVersion: 'perennial.dev/v1',
    kind: 'Issuer',
    metadata: { name: 'ca', namespace: 'shop', uid: 'u1' },
    spec: { ca: { secretName: 'ca' }, ...spec },
    status: { authorities: [...authorities] },
  },
})

class Scene {
  readonly clock = new FakeClock()
  readonly certificates = new Store<CertificateProjection>({})
  readonly secrets = new Store<SecretProjection>({})
  readonly found = new Store<FoundProjection>({})
  readonly issuers = new Store<IssuerProjection>({})
  readonly claimants = new Claimants(silentLogger)
  readonly inventory = new Inventory({
    certificates: this.certificates,
    secrets: this.secrets,
    issuers: this.issuers,
    clusterIssuers: new Store({}),
    policies: new Store({}),
    claimants: this.claimants,
    found: [{ kind: 'Secret', store: this.found }],
    clock: this.clock,
  })

  look() {
    this.clock.advance(seconds(1))
    return this.inventory.picture()
  }
}

const managedSecret = (owner: string, above: string = ca.certificate): Secret =>
  secret(
    'web',
    { 'tls.crt': leaf.certificate + above, 'tls.key': leaf.key },
    {
      labels: { [labels.managed]: 'certificate' },
      annotations: { [annotations.certificateName]: owner, [annotations.issuedAt]: '2025-12-01T00:00:00Z' },
    },
  )

describe('the inventory', () => {
  it('puts Certificates and their Secrets together, whatever told the caches of them', () => {
    const scene = new Scene()
    scene.certificates.put('shop/web', certificate('web'))
    expect(scene.look().judged[0]?.item.facts).toBeUndefined()
    // What our own writes lay over the cache is told to nobody.
    scene.secrets.overlay('shop/web', projectSecret(managedSecret('web')))
    const [judged] = scene.look().judged
    expect(judged?.item).toMatchObject({ id: 'Certificate/shop/web', subject: 'CN=leaf' })
    expect(judged?.item.chain).toHaveLength(1)
  })

  it.each([
    ['is too long', () => ca.certificate.repeat(13), 10, 3],
    [
      'cannot be read from one on',
      () => `${ca.certificate}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n${ca.certificate}`,
      1,
      2,
    ],
  ])('says of a Certificate how much of its chain is not looked at, where that %s', (_why, above, read, unread) => {
    const scene = new Scene()
    scene.certificates.put('shop/web', certificate('web'))
    scene.secrets.overlay('shop/web', projectSecret(managedSecret('web', above())))
    const [judged] = scene.look().judged
    expect(judged?.item.chain).toHaveLength(read)
    expect(judged?.item.unreadAbove).toBe(unread)
    expect(judged?.findings).toContain('chainUnread')
  })

  it('knows who uses it from another namespace', () => {
    const scene = new Scene()
    scene.certificates.put('shop/web', certificate('web'))
    const listener = {
      name: 'https',
      protocol: 'HTTPS',
      tls: { certificateRefs: [{ name: 'web', namespace: 'shop' }] },
    }
    const metadata = { name: 'public', namespace: 'edge', resourceVersion: '3' }
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { listeners: [listener] },
    }
    scene.claimants.stores.Gateway.put('edge/public', projectClaimant('Gateway', gateway))
    const { judged, consumersOf, farNamespaces } = scene.look()
    const [used] = judged
    expect(used && consumersOf(used.item)).toEqual([{ kind: 'Gateway', namespace: 'edge', name: 'public' }])
    expect(farNamespaces).toEqual(['edge'])
  })

  it('says nothing of a Secret that belongs to another Certificate', () => {
    const scene = new Scene()
    scene.certificates.put('shop/late', certificate('late'))
    scene.secrets.put('shop/web', projectSecret(managedSecret('web')))
    expect(scene.look().judged[0]?.item.facts).toBeUndefined()
  })

  it('works out anew only what has changed', () => {
    const scene = new Scene()
    scene.certificates.put('shop/web', certificate('web'))
    scene.certificates.put('shop/other', certificate('other'))
    const items = () => new Map(scene.look().judged.map(({ item }) => [item.name, item]))
    const before = items()
    scene.certificates.put('shop/web', certificate('web', '2'))
    const after = items()
    expect(after.get('web')).not.toBe(before.get('web'))
    expect(after.get('other')).toBe(before.get('other'))
  })

  it('is worked out before anybody asks, and lets everything else have its turn meanwhile', async () => {
    const scene = new Scene()
    for (const name of ['web', 'other', 'third']) scene.certificates.put(`shop/${name}`, certificate(name))
    const workedOut: number[] = []
    const get = jest.spyOn(scene.secrets, 'get')
    await scene.inventory.prepare(() => {
      workedOut.push(get.mock.calls.length)
      return Promise.resolve()
    })
    expect(workedOut).toEqual([1, 2, 3])
    const drawn = get.mock.calls.length
    expect(scene.inventory.picture().judged).toHaveLength(3)
    expect(get.mock.calls).toHaveLength(drawn)
  })

  it('knows of what is under a CA that its issuer has replaced, and what becomes of it', () => {
    const scene = new Scene()
    scene.certificates.put('shop/web', certificate('web'))
    scene.secrets.put('shop/web', projectSecret(managedSecret('web')))
    expect(scene.look().reissueOf).toBeUndefined()
    scene.issuers.put('shop/ca', issuerWith({}, [authority('Former', 'CN=Example CA'), authority('Current', 'CN=New')]))
    const { judged, reissueOf } = scene.look()
    expect(judged[0]?.findings).toContain('replacedCA')
    expect(judged[0] && reissueOf?.(judged[0].item)).toMatchObject({ kind: 'overdue', ca: 'CN=Example CA' })
  })

  it('counts what issuers with a budget were asked for, as Certificates and Secrets tell it', () => {
    const scene = new Scene()
    expect(scene.inventory.asked().size).toBe(0)
    scene.issuers.put('shop/ca', issuerWith({ limits: { certificatesPerDay: 5 } }, []))
    const ago = (hours: number): string => toRfc3339(minus(scene.clock.now(), hoursLong(hours)))
    const asked = [ago(0.5), ago(3), ago(30)].map((time, i) => {
      const projection = certificate(`c${i}`)
      const lastFailure = { code: 'Refused', message: 'No.', time, count: 1, issuer: 'u1/1' }
      return { ...projection, object: { ...projection.object, status: { lastFailure } } }
    })
    for (const one of asked) scene.certificates.put(`shop/${one.object.metadata.name}`, one)
    expect([...scene.inventory.asked()]).toEqual([['Issuer/shop/ca', { perHour: 1, perDay: 2 }]])
  })

  it('answers many questions of one second with one picture', () => {
    const { inventory } = new Scene()
    expect(inventory.picture()).toBe(inventory.picture())
  })

  it('says which kinds it has not read yet, and counts where else a key is', () => {
    const scene = new Scene()
    expect(scene.look().unread).toEqual(['Secret'])
    scene.found.markSynced()
    for (const name of ['one', 'two'])
      scene.found.put(`shop/${name}`, projectFoundSecret(secret(name, { 'tls.crt': leaf.certificate })))
    const picture = scene.look()
    expect(picture.unread).toEqual([])
    expect(picture.judged.map(({ findings }) => findings.includes('sharedKey'))).toEqual([true, true])
  })
})
