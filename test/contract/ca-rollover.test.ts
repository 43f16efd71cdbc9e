/** A CA that changes, over each protocol: what its enroller shows, what is believed of it, and that it is followed. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import type { IssuerSpec, IssuerStatus } from '../../src/api/issuer.ts'
import { authoritiesHash, judgeAuthorities, vouchedRoots } from '../../src/controllers/issuer/authorities.ts'
import type { AnyIssuer } from '../../src/controllers/issuer/issuers.ts'
import type { Fault } from '../../src/domain/fault.ts'
import type { Readiness, VouchedRoot } from '../../src/enroll/enroller.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import { caBegins, caEnds, makeCa, newWithOld, someCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { singleCa as cmpCa } from '../support/cmp-ca/material.ts'
import { anotherCa, singleCa as scepCa } from '../support/scep-server/material.ts'
import { cmpWorld } from './cmp-world.ts'
import { estWorld } from './est-world.ts'
import { scepWorld } from './scep-world.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))

interface Customer {
  vouched: readonly VouchedRoot[]
  prepare(): Promise<Readiness>
}

/** An issuer whose status outlives its probes. */
class Story {
  status: IssuerStatus | undefined
  readonly #spec: IssuerSpec

  constructor(spec: IssuerSpec) {
    this.#spec = spec
  }

  /** @returns the states of the CA's roots as `Current <start of the fingerprint> <why>`, or what is wrong */
  async probe(customer: Customer): Promise<readonly string[] | Fault> {
    const issuer: AnyIssuer = {
      apiVersion: 'perennial.dev/v1',
      kind: 'Issuer',
      metadata: { name: 'ca' },
      spec: this.#spec,
      ...(this.status === undefined ? {} : { status: this.status }),
    }
    customer.vouched = vouchedRoots(issuer)
    const readiness = await customer.prepare()
    if (readiness.kind === 'notReady') return readiness.fault
    if (readiness.authorities === undefined) throw new Error('it shows no CA')
    const judged = judgeAuthorities({ status: this.status, spec: this.#spec }, readiness.authorities, now)
    if (judged.violation !== undefined) return judged.violation
    this.status = { authorities: judged.records, authoritiesHash: authoritiesHash(this.#spec) }
    return judged.records
      .filter(({ role }) => role === 'Root')
      .map((one) => `${one.state} ${one.fingerprintSHA256?.slice(0, 8)} ${one.trustedBy}`)
  }
}

const state = (word: string, ca: { readonly certificate: Der }, why: string): string =>
  `${word} ${sha256Hex(ca.certificate).slice(0, 8)} ${why}`

describe('over EST', () => {
  let oldCa: CaMaterial
  let newCa: CaMaterial
  let link: Der

  beforeAll(async () => {
    ;[oldCa, newCa] = await Promise.all([someCa('EST CA'), someCa('EST CA')])
    link = await newWithOld(newCa, oldCa, 'EST CA')
  })

  const pinned = () => ({ caFingerprint: sha256Hex(oldCa.certificate) })
  const showing = async (spec: object, ca: CaMaterial, ...shown: readonly Der[]): Promise<Customer> =>
    (await estWorld({ ca, shown, spec })).customer

  it('a new root that the old one certified takes its place, while both are shown and after', async () => {
    const story = new Story({ est: { server: 'https://ca.test', ...pinned() } })
    expect(await story.probe(await showing(pinned(), oldCa, oldCa.certificate))).toEqual([
      state('Current', oldCa, 'Settings'),
    ])
    const changed = [state('Current', newCa, 'Predecessor'), state('Former', oldCa, 'Settings')]
    expect(await story.probe(await showing(pinned(), newCa, oldCa.certificate, newCa.certificate, link))).toEqual(
      changed,
    )
    const after = await showing(pinned(), newCa, newCa.certificate)
    expect(await story.probe(after)).toEqual(changed)
    expect(await after.prepare()).toMatchObject({
      message: expect.stringContaining(`set it to ${sha256Hex(newCa.certificate)}`),
    })
  })

  it('a new root that nobody certified is not believed, whatever was known', async () => {
    const story = new Story({ est: { server: 'https://ca.test', ...pinned() } })
    await story.probe(await showing(pinned(), oldCa, oldCa.certificate))
    expect(await story.probe(await showing(pinned(), newCa, newCa.certificate))).toMatchObject({
      code: 'SecurityViolation',
    })
    expect(story.status?.authorities).toMatchObject([{ state: 'Current', keyId: expect.any(String) }])
  })

  it('without a pin the first root counts, then those along a path, and no other', async () => {
    const open = { caFingerprint: undefined }
    const story = new Story({ est: { server: 'https://ca.test' } })
    expect(await story.probe(await showing(open, oldCa, oldCa.certificate))).toEqual([
      state('Current', oldCa, 'Connection'),
    ])
    const stranger = await someCa('EST CA')
    expect(await story.probe(await showing(open, stranger, stranger.certificate))).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringMatching(
        new RegExp(`${sha256Hex(stranger.certificate)}.*set spec\\.est\\.caFingerprint to it`),
      ),
    })
    expect(await story.probe(await showing(open, newCa, newCa.certificate, link))).toEqual([
      state('Current', newCa, 'Predecessor'),
      state('Former', oldCa, 'Connection'),
    ])
  })

  it('other settings begin anew, and what was issued before is known to be of another CA', async () => {
    const story = new Story({ est: { server: 'https://ca.test' } })
    await story.probe(await showing({ caFingerprint: undefined }, oldCa, oldCa.certificate))
    const other = new Story({ est: { server: 'https://other.test' } })
    other.status = story.status
    expect(await other.probe(await showing({ caFingerprint: undefined }, newCa, newCa.certificate))).toEqual([
      state('Current', newCa, 'Connection'),
      state('Former', oldCa, 'Connection'),
    ])
  })
})

describe('over SCEP', () => {
  it('a CA that the present one announced is followed when it comes', async () => {
    const [present, next] = await Promise.all([scepCa(), anotherCa()])
    const caFingerprint = sha256Hex(present.ca.certificate)
    const story = new Story({ scep: { url: 'http://ca.test/scep', caFingerprint } })
    const announcing = await scepWorld({ material: present, troubles: { nextCa: next.ca } })
    expect(await story.probe(announcing.customer)).toEqual([
      state('Current', present.ca, 'Settings'),
      state('Next', next.ca, 'Predecessor'),
    ])
    const changed = await scepWorld({ material: next, spec: { caFingerprint } })
    expect(await changed.customer.prepare()).toMatchObject({ fault: { code: 'SecurityViolation' } })
    expect(await story.probe(changed.customer)).toEqual([
      state('Current', next.ca, 'Predecessor'),
      state('Former', present.ca, 'Settings'),
    ])
    expect((await changed.customer.travel(await changed.customer.order())).last.kind).toBe('issued')
  })

  it('an announcement that somebody else signed is told, and nothing follows from it', async () => {
    const [present, next] = await Promise.all([scepCa(), anotherCa()])
    const world = await scepWorld({ material: present, troubles: { nextCa: next.ca, nextCaSigner: next.ca } })
    const story = new Story({ scep: { url: 'http://ca.test/scep' } })
    expect(await story.probe(world.customer)).toEqual([state('Current', present.ca, 'Settings')])
    expect(await world.customer.prepare()).toMatchObject({
      authorities: { doubtful: expect.stringContaining('has not signed it') },
    })
  })
})

describe('over CMP', () => {
  it('a root that the old one certified is announced, and takes its place when the CA issues with it', async () => {
    const material = await cmpCa()
    const next = await makeCa({ name: 'CMP Test CA', notBefore: caBegins, notAfter: caEnds })
    const link = { certificate: await newWithOld(next, material.ca, 'CMP Test CA'), key: next.key }
    const caBundle = certificatesPem([material.root.certificate])
    const spec = { caBundle, generalMessages: ['RootUpdate'] } as const
    const story = new Story({ cmp: { url: 'http://ca.test/cmp', caBundle } })
    const before = await cmpWorld({ material, spec, troubles: { nextRoot: { holder: next, newWithOld: link } } })
    expect(await story.probe(before.customer)).toEqual([
      state('Current', material.root, 'Settings'),
      state('Next', next, 'Predecessor'),
    ])
    const renewed = { ...material, ca: next, root: next, signer: next }
    const after = await cmpWorld({ material: renewed, spec })
    expect(await story.probe(after.customer)).toEqual([
      state('Current', next, 'Predecessor'),
      state('Former', material.root, 'Settings'),
    ])
    expect((await after.customer.travel(await after.customer.order())).last.kind).toBe('issued')
  })

  it.each([
    ['with a bundle', true],
    ['without one', false],
  ])('a new root that nobody certified is not believed, %s', async (_, hasBundle) => {
    const [material, stranger] = await Promise.all([cmpCa(), cmpCa()])
    const spec = hasBundle ? { caBundle: certificatesPem([material.root.certificate]) } : {}
    const story = new Story({ cmp: { url: 'http://ca.test/cmp', ...spec } })
    await story.probe((await cmpWorld({ material, spec })).customer)
    const after = await cmpWorld({ material: stranger, spec })
    expect(await story.probe(after.customer)).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringMatching(
        new RegExp(`${sha256Hex(stranger.root.certificate)}.*add its certificate to spec\\.cmp\\.caBundle`),
      ),
    })
  })

  it('a root that stands beside that of the bundle without being certified by it is left out, and told', async () => {
    const [material, stranger] = await Promise.all([cmpCa(), cmpCa()])
    const spec = { caBundle: certificatesPem([material.root.certificate]) }
    const { customer } = await cmpWorld({ material: { ...material, root: stranger.root }, spec })
    expect(await new Story({ cmp: { url: 'http://ca.test/cmp', ...spec } }).probe(customer)).toEqual([
      state('Current', material.root, 'Settings'),
    ])
    expect(await customer.prepare()).toMatchObject({
      authorities: { doubtful: expect.stringContaining('add it to spec.cmp.caBundle') },
    })
  })
})
