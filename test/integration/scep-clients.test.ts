/** The project's own SCEP server counts because clients that nobody here wrote complete transactions against it. */
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { readCertificates } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { ndes, singleCa } from '../support/scep-server/material.ts'
import type { Material } from '../support/scep-server/material.ts'
import { serveScep } from '../support/scep-server/serve.ts'
import { certmonger, hasCertmonger, hasStrongSwan, scepclient, strongSwan } from '../support/scepclients.ts'
import type { ToolRun } from '../support/scepclients.ts'
import type { LocalServer } from '../support/servers.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000

const servers: LocalServer[] = []

async function open(material: Material): Promise<{ fake: FakeScep; url: string }> {
  const fake = new FakeScep({ material, now: () => instant(Date.now()) })
  const server = await serveScep(fake)
  servers.push(server)
  return { fake, url: `${server.url}/scep` }
}

let key: PrivateKey

beforeEach(async () => {
  key = await generateKey({ algorithm: 'RSA', size: 2048 })
}, testTimeout)

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** The certificate, once it is shown to be for the key and of the CA. */
function certificateOf({ text, certificate }: ToolRun, { ca }: Material, of: PrivateKey = key): Der {
  if (certificate === undefined) throw new Error(`no certificate came: ${text}`)
  const read = new X509Certificate(certificate)
  expect(read.checkPrivateKey(of.keyObject)).toBe(true)
  expect(read.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true)
  return certificate
}

describe("micromdm's scepclient", () => {
  it(
    'enrolls with a challenge and renews with the certificate it got',
    async () => {
      const material = await singleCa()
      const { fake, url } = await open(material)
      fake.troubles.challenge = 'correct horse'
      const client = { url, key, name: 'device', dnsName: 'device.example.test', challenge: 'correct horse' }
      const first = certificateOf(await scepclient(client), material)
      expect(new X509Certificate(first).subjectAltName).toBe('DNS:device.example.test')
      certificateOf(await scepclient({ ...client, current: first }), material)
      expect(fake.operations.map(({ messageType }) => messageType)).toEqual(['19', '17'])
      expect(fake.operations.map(({ isRenewal }) => isRenewal)).toEqual([false, true])
    },
    testTimeout,
  )

  it(
    'is refused with a wrong challenge, and reads why',
    async () => {
      const { fake, url } = await open(await singleCa())
      fake.troubles.challenge = 'correct horse'
      const run = await scepclient({ url, key, name: 'device', challenge: 'wrong' })
      expect(run).toMatchObject({ ok: false, text: expect.stringContaining('badRequest (2)') })
    },
    testTimeout,
  )

  it(
    'finds the right recipient among the certificates of a registration authority',
    async () => {
      const material = await ndes()
      const { url } = await open(material)
      const run = await scepclient({ url, key, name: 'device' }, ['-key-encipherment-selector'])
      expect(certificateOf(run, material).length).toBeGreaterThan(0)
    },
    testTimeout,
  )

  it.each(['AES-128-CBC', 'AES-256-CBC', 'DES-EDE3-CBC', 'DES-CBC'] as const)(
    'decrypts replies in %s',
    async (replyCipher) => {
      const material = await singleCa()
      const { fake, url } = await open(material)
      fake.troubles.replyCipher = replyCipher
      expect(certificateOf(await scepclient({ url, key, name: 'device' }), material).length).toBeGreaterThan(0)
    },
    testTimeout,
  )

  it(
    'verifies replies signed with SHA-1',
    async () => {
      const material = await singleCa()
      const { fake, url } = await open(material)
      fake.troubles.replyHash = 'SHA-1'
      expect(certificateOf(await scepclient({ url, key, name: 'device' }), material).length).toBeGreaterThan(0)
    },
    testTimeout,
  )
})

const here = hasStrongSwan()
const skipped = here ? '' : ' (skipped: strongswan-pki with its curl plugin is not installed)'

describe(`strongSwan's pki --scep${skipped}`, () => {
  const only = here ? it : it.skip

  only(
    'enrolls with a registration authority of two certificates',
    async () => {
      const material = await ndes()
      const { url } = await open(material)
      const run = await strongSwan({ url, key, name: 'device', ...rolesOf(material) })
      expect(certificateOf(run, material).length).toBeGreaterThan(0)
    },
    testTimeout,
  )

  only(
    'asks again with CertPoll while the CA says PENDING, until it is approved',
    async () => {
      const material = await singleCa()
      const { fake, url } = await open(material)
      Object.assign(fake.troubles, { approval: 'manual', pollsUntilApproval: 1 })
      certificateOf(await strongSwan({ url, key, name: 'device', ...rolesOf(material) }), material)
      const [first, ...others] = fake.operations
      expect(others.map(({ messageType }) => messageType)).toContain('20')
      expect(others.map(({ transaction }) => transaction)).toContain(first?.transaction)
    },
    testTimeout,
  )

  only(
    'renews with another key, signed by the certificate that is replaced',
    async () => {
      const material = await singleCa()
      const { fake, url } = await open(material)
      const current = certificateOf(await strongSwan({ url, key, name: 'device', ...rolesOf(material) }), material)
      const next = await generateKey({ algorithm: 'RSA', size: 2048 })
      const renewal = { url, key: next, name: 'device', ...rolesOf(material), current, currentKey: key }
      certificateOf(await strongSwan(renewal), material, next)
      expect(fake.operations.at(-1)).toMatchObject({ isRenewal: true })
    },
    testTimeout,
  )
})

const certmongerIsHere = hasCertmonger()

describe(`certmonger's scep-submit${certmongerIsHere ? '' : ' (skipped: certmonger is not installed)'}`, () => {
  const only = certmongerIsHere ? it : it.skip

  only(
    'reads what the service lists, and finds RA and CA in a list of any order',
    async () => {
      const material = await ndes()
      for (const shown of [material.shown, material.shown.toReversed()]) {
        const { url } = await open({ ...material, shown })
        expect(await certmonger(url, 'capabilities')).toMatchObject({
          ok: true,
          text: expect.stringContaining('SCEPStandard'),
        })
        const { ok, text } = await certmonger(url, 'certificates')
        const certificates = unwrap(readCertificates(text))
        expect({ ok, certificates }).toMatchObject({
          ok: true,
          certificates: expect.arrayContaining([material.ca.certificate]),
        })
      }
    },
    testTimeout,
  )
})

const rolesOf = ({ ca, decrypters: [decrypter], signer }: Material): { encryption: Der; signing: Der; ca: Der } => ({
  encryption: (decrypter ?? ca).certificate,
  signing: signer.certificate,
  ca: ca.certificate,
})
