/** `kubectl perennial` at a real API server: what it shows, what it asks for, and how it ends. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { exitCodes } from '../../src/cli/exitcodes.ts'
import { startCli } from '../support/clitool.ts'
import type { CliEnd } from '../support/clitool.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld

beforeAll(async () => {
  world = await openWorld('tool')
  const { ns } = world
  await ns.issuer('listing', { ca: { secretName: 'listing', crl: {} } })
  const selfsigned = { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' } as const
  await ns.certificate('listing', { issuerRef: selfsigned, isCA: true, usages: ['crl sign'], commonName: 'Listing' })
  await ns.ready('listing')
  await ns.certificate('web', { issuerRef: { name: 'listing', kind: 'Issuer', group: 'perennial.dev' } })
  await ns.ready('web')
  await ns.certificate('lost', { issuerRef: { name: 'nowhere', kind: 'Issuer', group: 'perennial.dev' } })
  await ns.told('lost', { status: 'False' })
}, startTimeout)

afterAll(async () => {
  await world?.close()
}, testTimeout)

const tool = (...args: readonly string[]): Promise<CliEnd> =>
  startCli([...args, '--kubeconfig', world.plane.kubeconfig]).ended
const inTool = (...args: readonly string[]): Promise<CliEnd> => tool(...args, '-n', 'tool')

describe('status', () => {
  it(
    'shows all Certificates of a namespace in a table',
    async () => {
      const { code, stdout } = await inTool('status')
      expect(stdout).toMatch(/^NAME +READY +ISSUER +PROTOCOL +EXPIRES +RENEWS$/m)
      expect(stdout).toMatch(/^web +True +listing +ca +in 89d +in \d+d$/m)
      expect(stdout).toMatch(/^lost +False +nowhere/m)
      expect(code).toBe(exitCodes.fine)
    },
    testTimeout,
  )

  it(
    'shows one as a tree, from its Secret and its issuer to its Events',
    async () => {
      const { code, stdout } = await inTool('status', 'web')
      expect(stdout).toContain('Certificate tool/web: Ready')
      expect(stdout).toContain('├─ Secret web: ca.crt, tls.crt, tls.key')
      expect(stdout).toMatch(/web\.example; ECDSA 256; serial [0-9A-F]+; until/)
      expect(stdout).toContain('Issuer listing (ca): Ready')
      expect(stdout).toContain('crlNumber: 1')
      expect(stdout).toMatch(/Events\n.*Issued: /)
      expect(code).toBe(exitCodes.fine)
    },
    testTimeout,
  )

  it(
    'gives programs the objects as they are',
    async () => {
      const { stdout } = await inTool('status', 'web', '-o', 'json')
      expect(JSON.parse(stdout)).toMatchObject({ kind: 'Certificate', metadata: { name: 'web' } })
      expect((await inTool('status', '-o', 'yaml')).stdout).toMatch(/^items:$/m)
      expect((await inTool('status', 'issuer/listing')).stdout).toContain('Issuer tool/listing (ca): Ready')
    },
    testTimeout,
  )

  it(
    'says what is not there',
    async () => {
      const { code, stderr } = await inTool('status', 'ghost')
      expect(stderr).toContain('There is no Certificate ghost in namespace tool')
      expect(code).toBe(exitCodes.usage)
    },
    testTimeout,
  )

  it(
    'says when the API server cannot be reached, or the kubeconfig be read',
    async () => {
      const { code, stderr } = await startCli(['status', '--kubeconfig', '/nowhere']).ended
      expect(stderr).toContain('The kubeconfig /nowhere cannot be read')
      expect(code).toBe(exitCodes.usage)
    },
    testTimeout,
  )
})

describe('import', () => {
  it(
    'says that there is no cert-manager here',
    async () => {
      const { code, stdout } = await inTool('import')
      expect(stdout).toContain('There is nothing to import: cert-manager is not installed here.')
      expect(code).toBe(exitCodes.fine)
    },
    testTimeout,
  )
})

describe('inventory', () => {
  it(
    'lists what there is in every form of output, and what lies in Secrets where it may read them',
    async () => {
      const { code, stdout } = await inTool('inventory')
      expect(stdout).toMatch(/^web +Certificate +ready +in 89d +Issuer\/listing/m)
      expect(stdout).toMatch(/^lost +Certificate +failing/m)
      expect(code).toBe(exitCodes.fine)
      const { items } = JSON.parse((await inTool('inventory', '--secrets', '-o', 'json')).stdout) as { items: object[] }
      expect(items).toContainEqual(expect.objectContaining({ name: 'web', key: expect.stringMatching(/ECDSA/) }))
      expect((await inTool('inventory', '-o', 'csv')).stdout).toMatch(/^tool,web,Certificate,/m)
      expect((await inTool('inventory', '-o', 'yaml')).stdout).toMatch(/^items:$/m)
    },
    testTimeout,
  )

  it(
    'answers questions, and says which it does not understand',
    async () => {
      expect((await inTool('inventory', '--query', 'state=failing')).stdout).not.toMatch(/^web /m)
      const { code, stderr } = await inTool('inventory', '--query', 'colour=red')
      expect(stderr).toContain('--query: ')
      expect(code).toBe(exitCodes.usage)
    },
    testTimeout,
  )
})

describe('report', () => {
  it(
    'counts certificates by state, end and issuer',
    async () => {
      const { code, stdout } = await inTool('report')
      expect(stdout).toContain('4 certificates in 1 namespace')
      expect(stdout).toContain('3 ready, 0 being issued, 1 failing, 0 not managed')
      expect(stdout).toMatch(/^Issuer\/listing +ca +1 +0$/m)
      expect(stdout).toContain('No policy is broken.')
      expect(code).toBe(exitCodes.fine)
      expect(JSON.parse((await inTool('report', '-o', 'json')).stdout)).toMatchObject({ summary: { total: 4 } })
    },
    testTimeout,
  )
})

describe('why', () => {
  it(
    'says what is wrong and what to do, and ends with a code that scripts can tell',
    async () => {
      const { code, stdout } = await inTool('why', 'lost')
      expect(stdout).toContain('lost is not ready')
      expect(stdout).toMatch(/Issuer nowhere in namespace .* does not exist; create it or correct the reference\./)
      expect(code).toBe(exitCodes.pending)
    },
    testTimeout,
  )

  it(
    'says of a good one when it is renewed',
    async () => {
      const { code, stdout } = await inTool('why', 'web')
      expect(stdout).toMatch(/web is ready\. Valid until .*\nIt is renewed in \d+d/)
      expect(code).toBe(exitCodes.fine)
    },
    testTimeout,
  )
})

describe('renew', () => {
  it(
    'waits until the new certificate is there',
    async () => {
      const before = await world.ns.seenCertificate('web')
      const { code, stdout, stderr } = await inTool('renew', 'web', '--wait', '-o', 'yaml')
      expect(stdout).toMatch(/^kind: List\nitems:\n  - namespace: tool\n    name: web\n    requested: /)
      expect(stderr).toContain('Certificate tool/web: renewed')
      expect(code).toBe(exitCodes.fine)
      const after = await world.ns.seenCertificate('web')
      expect(after?.status?.serialNumber).not.toBe(before?.status?.serialNumber)
    },
    testTimeout,
  )

  it(
    'touches nothing when one of the names is wrong',
    async () => {
      const before = await world.ns.seenCertificate('web')
      const { code } = await inTool('renew', 'web', 'ghost')
      expect(code).toBe(exitCodes.usage)
      const after = await world.ns.seenCertificate('web')
      expect(after?.metadata.annotations).toEqual(before?.metadata.annotations)
    },
    testTimeout,
  )
})

describe('revoke', () => {
  it(
    'orders the revocation and waits for it',
    async () => {
      const { code, stdout, stderr } = await inTool('revoke', 'web', '--reason', 'superseded', '--reissue', '--wait')
      expect(stdout).toMatch(/CertificateRevocation tool\/web-[0-9a-f]+ made/)
      expect(stderr).toContain('revoked at ')
      expect(code).toBe(exitCodes.fine)
      expect((await inTool('status', 'web')).stdout).toMatch(/CertificateRevocation web-.*: revoked /)
    },
    testTimeout,
  )
})

describe('inspect', () => {
  it(
    'shows what the certificates in a Secret say',
    async () => {
      const { stdout } = await inTool('inspect', 'web', '-o', 'wide')
      expect(stdout).toMatch(/^leaf +web\.example; ECDSA 256/m)
      expect(stdout).toMatch(/SHA-256 [0-9a-f]{64}/)
    },
    testTimeout,
  )

  it(
    'shows what a file holds, and says what it does not',
    async () => {
      const pem = String((await world.ns.secretWhere('web', () => true)).data['tls.crt'])
      const run = (stdin: string): Promise<CliEnd> =>
        startCli(['inspect', '-f', '-', '--kubeconfig', world.plane.kubeconfig], stdin).ended
      expect((await run(pem)).stdout).toContain('web.example')
      const { code, stderr } = await run('junk')
      expect(stderr).toContain('standard input holds no readable certificate')
      expect(code).toBe(exitCodes.usage)
    },
    testTimeout,
  )
})
