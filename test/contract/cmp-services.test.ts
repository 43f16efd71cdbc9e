/** What a CMP server does besides: keys that it makes, questions that it answers, clients with a certificate. */
import { describe, expect, it } from '@jest/globals'
import type { Identity } from '../../src/enroll/enroller.ts'
import { generateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { readSigner } from '../../src/pki/signer.ts'
import { caBegins, caEnds, makeCa } from '../support/ca-material.ts'
import { certified, cmcRa, cmKga, singleCa, withRa } from '../support/cmp-ca/material.ts'
import type { Material } from '../support/cmp-ca/material.ts'
import { identityOf, serverWish } from '../support/cmpcustomer.ts'
import { unwrap } from '../support/unwrap.ts'
import { cmpWorld, faultOf, sent } from './cmp-world.ts'

describe('a key that the CA makes', () => {
  it('comes encrypted to the secret, in version 3', async () => {
    const world = await cmpWorld({ spec: { keyGeneration: 'Central' } })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last).toMatchObject({ kind: 'issued', key: { shape: { algorithm: 'ECDSA', size: 256 } } })
    expect(identityOf(journey).key.publicKeyHash).not.toBe(journey.key.publicKeyHash)
    expect(world.fake.messages[0]?.pvno).toBe(3)
  })

  it('comes encrypted to the certificate that signed a renewal', async () => {
    const world = await cmpWorld({ spec: { keyGeneration: 'Central' } })
    const first = identityOf(await world.customer.travel(await world.customer.order()))
    const current = { ...first, roots: [world.material.root.certificate] }
    const { last } = await world.customer.travel(await world.customer.order(), { current, restarts: true })
    expect(last).toMatchObject({ kind: 'issued', key: {} })
  })

  it('may be signed by one whom the CA has made its key generation authority', async () => {
    const material = await singleCa()
    const keyMaker = await certified(material.ca, { usages: ['digital signature', cmKga] })
    const world = await cmpWorld({
      material,
      spec: { keyGeneration: 'Central', caBundle: certificatesPem([material.root.certificate]) },
      troubles: { keyMaker },
    })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it('signed by anybody else is declined', async () => {
    const material = await singleCa()
    const keyMaker = await certified(material.ca, { usages: ['digital signature', cmcRa] })
    const world = await cmpWorld({ material, spec: { keyGeneration: 'Central' }, troubles: { keyMaker } })
    expect(faultOf(await world.customer.travel(await world.customer.order()))).toMatchObject({
      code: 'SecurityViolation',
    })
    expect(world.fake.declined).toHaveLength(1)
  })

  it('that is not the one of the certificate is declined', async () => {
    const world = await cmpWorld({ spec: { keyGeneration: 'Central' }, troubles: { sendsAnotherKey: true } })
    expect(faultOf(await world.customer.travel(await world.customer.order()))).toMatchObject({
      code: 'SecurityViolation',
    })
    expect(world.fake.declined).toHaveLength(1)
  })
})

describe('a client certificate', () => {
  it('signs the first request', async () => {
    const material = await withRa()
    const identity = await clientOf(material)
    const world = await cmpWorld({
      material,
      identity,
      spec: { caBundle: certificatesPem([material.root.certificate]) },
    })
    expect((await world.customer.travel(await world.customer.order())).last).toMatchObject({
      kind: 'issued',
      roots: [material.root.certificate],
    })
    expect(sent(world)).toEqual(['ir by signature', 'certConf by signature'])
  })

  it('that nobody knows is refused, by an error that counts because it is signed', async () => {
    const [material, stranger] = await Promise.all([withRa(), singleCa()])
    const identity = await clientOf(stranger)
    const world = await cmpWorld({
      material,
      identity,
      spec: { caBundle: certificatesPem([material.root.certificate]) },
    })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('CredentialsRejected')
  })
})

async function clientOf({ ca, root }: Material): Promise<Identity> {
  const key = await generateKey(serverWish.key)
  const leaf = await issueCertificate({
    wanted: { ...serverWish, subject: [[{ oid: '2.5.4.3', value: 'maker' }]] },
    publicKey: key.publicKey,
    signer: unwrap(readSigner({ certificate: ca.certificate, key: ca.key })),
    notBefore: caBegins,
    notAfter: caEnds,
  })
  return { chain: ca === root ? [leaf] : [leaf, ca.certificate], key }
}

describe('a probe', () => {
  it('asks for the certificates of the CA, and shows them with their ends', async () => {
    const world = await cmpWorld()
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'ready',
      message: expect.stringContaining('CMP Test CA'),
      details: {
        version: 2,
        replies: 'protected by the shared secret',
        caCertificates: [{ subject: 'CN=CMP Test CA' }],
      },
      credentials: [{ notAfter: caEnds }],
    })
    expect(sent(world)).toEqual(['genm by secret'])
  })

  it('tracks the end of the certificate that signs for the CA', async () => {
    const material = await withRa()
    const identity = await clientOf(material)
    const spec = { caBundle: certificatesPem([material.root.certificate]) }
    const world = await cmpWorld({ material, identity, spec })
    const readiness = await world.customer.prepare()
    if (readiness.kind !== 'ready') throw new Error(readiness.fault.message)
    const names = (readiness.credentials ?? []).map(({ name }) => name)
    expect(names).toContain('RA certificate "CN=CMP Test RA"')
    expect(names).toContain('client certificate "CN=maker"')
  })

  it('of a CA that answers no questions finds it all the same', async () => {
    const world = await cmpWorld({ troubles: { answersNoQuestions: true } })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'ready',
      message: expect.stringContaining('no general messages'),
    })
  })

  it('says that the secret is not the one of the CA', async () => {
    const world = await cmpWorld({ secret: 'guess' })
    expect(await world.customer.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'SecurityViolation' } })
  })

  it('that asks for no more than an answer is content with one', async () => {
    const world = await cmpWorld({ secret: 'guess', spec: { probe: 'Reachability' } })
    expect(await world.customer.prepare()).toMatchObject({ kind: 'ready' })
  })

  it('asks what else the spec wants to know', async () => {
    const material = await singleCa()
    const next = await makeCa({ name: 'CMP Test CA', notBefore: caBegins, notAfter: caEnds })
    const link = await issueCertificate({
      wanted: {
        ...serverWish,
        subject: [[{ oid: '2.5.4.3', value: 'CMP Test CA' }]],
        isCA: true,
        usages: ['cert sign'],
      },
      publicKey: next.key.publicKey,
      signer: unwrap(readSigner({ certificate: material.ca.certificate, key: material.ca.key })),
      notBefore: caBegins,
      notAfter: caEnds,
    })
    const world = await cmpWorld({
      material,
      spec: {
        caBundle: certificatesPem([material.root.certificate]),
        generalMessages: ['RootUpdate', 'RequestTemplate', 'CRLs'],
      },
      troubles: { nextRoot: { holder: next, newWithOld: { certificate: link, key: next.key } } },
    })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'ready',
      details: {
        acceptedKeys: ['ECDSA 256', 'RSA 3072'],
        revocationLists: 1,
        nextRoot: [{ subject: 'CN=CMP Test CA' }],
      },
    })
  })

  it('does not show a next root that the present one did not sign', async () => {
    const material = await singleCa()
    const next = await makeCa({ name: 'CMP Test CA', notBefore: caBegins, notAfter: caEnds })
    const world = await cmpWorld({
      material,
      spec: { caBundle: certificatesPem([material.root.certificate]), generalMessages: ['RootUpdate'] },
      troubles: { nextRoot: { holder: next, newWithOld: next } },
    })
    const readiness = await world.customer.prepare()
    expect(readiness).toMatchObject({ kind: 'ready', details: { nextRootRefused: expect.stringContaining('vouch') } })
    expect(readiness).not.toHaveProperty('details.nextRoot')
  })
})

describe('how a request is protected', () => {
  it.each([
    ['PBM', 'SHA-256'],
    ['PBM', 'SHA-1'],
    ['PBM', 'SHA-512'],
    ['PBMAC1', 'SHA-256'],
    ['PBMAC1', 'SHA-512'],
    ['PBMAC1', 'SHA-1'],
  ] as const)('%s with %s', async (algorithm, hash) => {
    const sharedSecret = { reference: '4711', secretRef: { name: 'cmp', key: 'secret' }, algorithm, hash }
    const world = await cmpWorld({ spec: { sharedSecret } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })
})
