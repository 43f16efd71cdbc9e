/** The examples of EST, SCEP and CMP run as they are written, but for the address, the fingerprint and the secret of the CA. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { certificatesPem } from '../../src/pki/pem.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../support/ca-material.ts'
import { CliDesk, runCli, secret } from '../support/clitool.ts'
import { CmpServer } from '../support/cmp-server/fake.ts'
import { certificateOf } from '../support/cmp-server/material.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate } from '../support/estserver.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import { serveScep } from '../support/scep-server/serve.ts'

const testTimeout = 60_000
const someFingerprint = '96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6'

type Changes = readonly (readonly [string, string])[]

/** Each change must be one: an example that was written anew is looked at anew. */
function example(path: string, changes: Changes): string {
  return changes.reduce(
    (text, [from, to]) => {
      expect(text).toContain(from)
      return text.replaceAll(from, to)
    },
    readFileSync(path, 'utf8'),
  )
}

/** @param more - a document besides those of the example */
async function enroll(manifests: string, more?: object): Promise<X509Certificate> {
  const desk = new CliDesk()
  try {
    const besides = more === undefined ? [] : ['-f', desk.file('more.yaml', more)]
    const { code, stderr } = await runCli(['enroll', '-f', '-', ...besides, '-d', desk.out], manifests)
    if (code !== 0) throw new Error(stderr)
    return new X509Certificate(desk.read('tls.crt'))
  } finally {
    desk.remove()
  }
}

it(
  'examples/30-scep.yaml',
  async () => {
    const material = await singleCa()
    const fake = new FakeScep({ material, now: () => systemClock.now() })
    fake.troubles.oneTimeChallenges = new Set(['put-the-challenge-here'])
    const server = await serveScep(fake)
    try {
      const leaf = await enroll(
        example('examples/30-scep.yaml', [
          ['http://ndes.your-domain.example', server.url],
          [someFingerprint, sha256Hex(material.ca.certificate)],
        ]),
      )
      expect(leaf.subject).toBe('CN=router.your-domain.example')
    } finally {
      await server.close()
    }
  },
  testTimeout,
)

it(
  'examples/40-est.yaml',
  async () => {
    const ca = await someCa('EST CA')
    const fake = new FakeEst({ ca, now: () => systemClock.now() })
    fake.troubles.login = { username: 'plant', password: 'put-the-password-here', schemes: ['SHA-256'] }
    const server = await serveEst(fake, await serverCertificate(ca))
    try {
      const leaf = await enroll(
        example('examples/40-est.yaml', [
          ['https://est.your-domain.example:8443', server.url],
          [someFingerprint, sha256Hex(ca.certificate)],
        ]),
      )
      expect(leaf.subject).toBe('CN=pump-3.your-domain.example')
      expect(fake.seen.at(-1)).toMatchObject({ operation: 'simpleenroll', label: 'devices', status: 200 })
    } finally {
      await server.close()
    }
  },
  testTimeout,
)

it(
  'examples/45-cmp.yaml',
  async () => {
    const server = await CmpServer.start({ secrets: { 4711: 'put-the-secret-here' } })
    try {
      const leaf = await enroll(
        example('examples/45-cmp.yaml', [['http://ca.your-domain.example/ejbca/publicweb/cmp/plant', server.url]]),
      )
      expect(leaf.subject).toBe('CN=line-7.your-domain.example')
    } finally {
      await server.stop()
    }
  },
  testTimeout,
)

it(
  'examples/46-cmp-certificate.yaml',
  async () => {
    const server = await CmpServer.start()
    const { ca, signer } = server.material
    const maker = await certificateOf(ca, { name: 'maker' })
    try {
      const leaf = await enroll(
        example('examples/46-cmp-certificate.yaml', [
          ['https://ca.your-domain.example', server.at('/').replace(/\/$/, '')],
          [someFingerprint, sha256Hex(signer.certificate)],
        ]),
        secret('maker-certificate', {
          'tls.crt': certificatesPem([maker.certificate]),
          'tls.key': maker.key.toPem('PKCS8'),
        }),
      )
      expect(leaf.subject).toBe('CN=press-2.your-domain.example')
      expect(server.seen[0]?.path).toBe('/.well-known/cmp/p/machines/initialization')
    } finally {
      await server.stop()
    }
  },
  testTimeout,
)
