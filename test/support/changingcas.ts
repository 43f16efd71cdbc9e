/** A CA for each protocol, on this machine, that changes while an issuer uses it: as its protocol has it, or for somebody else. */
import type { IssuerSpec } from '../../src/api/issuer.ts'
import type { KeyShape } from '../../src/domain/wanted.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Der } from '../../src/std/bytes.ts'
import { caBegins, caEnds, makeCa, newWithOld, someCa } from './ca-material.ts'
import type { CaMaterial } from './ca-material.ts'
import { FakeCmp } from './cmp-ca/fake.ts'
import { singleCa as cmpCa } from './cmp-ca/material.ts'
import { serveCmp } from './cmp-ca/serve.ts'
import { FakeEst } from './est-server/fake.ts'
import { serveEst } from './est-server/serve.ts'
import { serverCertificate } from './estserver.ts'
import { FakeScep } from './scep-server/fake.ts'
import { anotherCa, singleCa as scepCa } from './scep-server/material.ts'
import type { Material as ScepMaterial } from './scep-server/material.ts'
import { serveScep } from './scep-server/serve.ts'

export interface ChangingCa {
  /** The part of an issuer's spec that leads to it. */
  readonly spec: Partial<Record<keyof IssuerSpec, object>>
  /** A key that it certifies. */
  readonly key: KeyShape
  readonly roots: { readonly old: Der; readonly next: Der; readonly stranger: Der }
  /** It tells of its next root, where the protocol can before that counts. */
  readonly announce?: () => void
  /** The next root takes the place of the old one, which has vouched for it. */
  readonly change: () => void
  /** Somebody for whom nobody has vouched takes its place. */
  readonly usurp: () => void
  /** How many certificates it has issued, under whichever root. */
  readonly issued: () => number
  readonly close: () => Promise<void>
}

const now = (): ReturnType<typeof systemClock.now> => systemClock.now()

/** A server reads its material anew for each request, so that what is written over it changes it at once. */
const become = <T extends object>(material: T, other: T): void => void Object.assign(material, other)

/** The link certificate lies in cacerts, and the old root beside it (RFC 7030 section 4.1.3). */
export async function changingEst(): Promise<ChangingCa> {
  const [old, next, stranger] = await Promise.all([someCa('EST CA'), someCa('EST CA'), someCa('EST CA')])
  const link = await newWithOld(next, old, 'EST CA')
  const ca: CaMaterial = { ...old }
  const fake = new FakeEst({ ca, now, shown: [old.certificate] })
  const { certificate, key } = await serverCertificate(old)
  const server = await serveEst(fake, { certificate, key })
  const url = server.url.replace('localhost', '127.0.0.1')
  return {
    spec: { est: { server: url, caFingerprint: sha256Hex(old.certificate) } },
    key: { algorithm: 'ECDSA', size: 256 },
    roots: { old: old.certificate, next: next.certificate, stranger: stranger.certificate },
    change: () => {
      become(ca, next)
      fake.shown = [old.certificate, next.certificate, link]
      fake.troubles.formerCas = [old.certificate]
    },
    usurp: () => {
      become(ca, stranger)
      fake.shown = [stranger.certificate]
    },
    issued: () => fake.issued,
    close: server.close,
  }
}

/** The present CA signs what GetNextCACert gives (RFC 8894 section 4.7). */
export async function changingScep(): Promise<ChangingCa> {
  const [old, next, stranger] = await Promise.all([scepCa(), anotherCa(), someCa('SCEP CA')])
  const material: ScepMaterial = { ...old }
  const fake = new FakeScep({ material, now })
  const server = await serveScep(fake)
  return {
    spec: { scep: { url: `${server.url}/scep`, caFingerprint: sha256Hex(old.ca.certificate) } },
    key: { algorithm: 'RSA', size: 2048 },
    roots: { old: old.ca.certificate, next: next.ca.certificate, stranger: stranger.certificate },
    announce: () => {
      fake.troubles.nextCa = next.ca
    },
    change: () => {
      delete fake.troubles.nextCa
      become(material, next)
      fake.troubles.formerCas = [old.ca.certificate]
    },
    usurp: () => become(material, { ca: stranger, decrypters: [], signer: stranger, shown: [stranger] }),
    issued: () => fake.issued,
    close: server.close,
  }
}

/** The root update brings the new root with its key certified by the old one (RFC 9810 section 5.3.19.15). */
export async function changingCmp(login: {
  readonly secret: string
  readonly sharedSecret: { readonly reference: string; readonly secretRef: object }
}): Promise<ChangingCa> {
  const name = 'CMP Test CA'
  const [old, next, stranger] = await Promise.all([cmpCa(), makeRoot(name), makeRoot(name)])
  const link = { certificate: await newWithOld(next, old.root, name), key: next.key }
  const material = { ...old }
  const { secret, sharedSecret } = login
  const fake = new FakeCmp({ material, secret, reference: sharedSecret.reference, now })
  const server = await serveCmp(fake)
  const caBundle = certificatesPem([old.root.certificate])
  return {
    spec: { cmp: { url: `${server.url}/cmp`, sharedSecret, caBundle, generalMessages: ['RootUpdate'] } },
    key: { algorithm: 'ECDSA', size: 256 },
    roots: { old: old.root.certificate, next: next.certificate, stranger: stranger.certificate },
    announce: () => {
      fake.troubles.nextRoot = { holder: next, newWithOld: link }
    },
    change: () => {
      delete fake.troubles.nextRoot
      become(material, { root: next, ca: next, signer: next })
    },
    usurp: () => become(material, { root: stranger, ca: stranger, signer: stranger }),
    issued: () => fake.issued,
    close: server.close,
  }
}

const makeRoot = (name: string): Promise<CaMaterial> =>
  makeCa({
    name,
    notBefore: caBegins,
    notAfter: caEnds,
    change: { usages: ['cert sign', 'crl sign', 'digital signature'] },
  })
