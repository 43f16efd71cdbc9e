import { execFileSync } from 'node:child_process'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, describe, expect, it } from '@jest/globals'
import { version } from '../../../src/version.ts'
import { CliDesk, certificate, issuer, secret, runInProcess as run } from '../../support/clitool.ts'

const desks: CliDesk[] = []

afterEach(() => {
  for (const one of desks.splice(0)) one.remove()
})

function desk(): CliDesk {
  const one = new CliDesk()
  desks.push(one)
  return one
}

const ecdsa = { privateKey: { algorithm: 'ECDSA' } }
const web = { dnsNames: ['web.example.test'], ...ecdsa }
const selfSigned = issuer('self', { selfSigned: {} })
const password = 'canary-keystore-password'

/** A root CA as a Secret manifest, made by the tool itself. */
async function rootCa(): Promise<object> {
  const one = desk()
  const wish = { commonName: 'Root', isCA: true, usages: ['cert sign', 'crl sign'], ...ecdsa }
  const file = one.file('root.yaml', selfSigned, certificate('root', 'self', wish))
  expect(await run(['enroll', '-f', file, '-d', one.out])).toMatchObject({ code: 0 })
  return secret('root', { 'tls.crt': one.read('tls.crt'), 'tls.key': one.read('tls.key') })
}

describe('enroll', () => {
  it('writes what the Secret would hold, keystores and formats included, and no password', async () => {
    const one = desk()
    const passwordSecretRef = { name: 'keystore', key: 'password' }
    const wish = {
      ...web,
      additionalOutputFormats: [{ type: 'CombinedPEM' }, { type: 'DER' }],
      keystores: {
        pkcs12: { create: true, profile: 'Modern2023', passwordSecretRef },
        jks: { create: true, passwordSecretRef },
      },
    }
    const root = await rootCa()
    const from = issuer('ca', { ca: { secretName: 'root' } })
    const file = one.file('all.yaml', root, secret('keystore', { password }), from, certificate('web', 'ca', wish))
    const { code, stdout, stderr } = await run(['enroll', '-f', file, '-d', one.out, '-v'])
    expect(code).toBe(0)
    const entries = ['ca.crt', 'key.der', 'keystore.jks', 'keystore.p12', 'tls-combined.pem', 'tls.crt', 'tls.key']
    expect(one.files()).toEqual([...entries, 'truststore.jks', 'truststore.p12', 'perennial.json'].sort())
    const closed = ['tls.key', 'key.der', 'tls-combined.pem', 'keystore.p12', 'keystore.jks', 'perennial.json']
    expect(closed.map((name) => one.mode(name))).toEqual(closed.map(() => 0o600))
    expect(['tls.crt', 'ca.crt'].map((name) => one.mode(name))).toEqual([0o644, 0o644])
    const leaf = new X509Certificate(one.read('tls.crt'))
    expect(leaf.checkPrivateKey(createPrivateKey(one.read('tls.key')))).toBe(true)
    expect(leaf.verify(new X509Certificate(one.read('ca.crt')).publicKey)).toBe(true)
    expect(stdout + stderr).not.toContain('canary')
  })

  it('reads manifests from standard input, and answers programs in JSON', async () => {
    const one = desk()
    const text = JSON.stringify({
      kind: 'List',
      apiVersion: 'v1',
      items: [selfSigned, certificate('web', 'self', web)],
    })
    const { code, stdout } = await run(['enroll', '-f', '-', '-d', one.out, '-o', 'json'], text)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'issued',
      exitCode: 0,
      certificate: 'web',
      names: [{ type: 'dns', value: 'web.example.test' }],
      files: ['tls.crt', 'tls.key', 'ca.crt'].map((file) => join(one.out, file)),
    })
  })

  it('tells more of what it got to those who want it wide, and programs in YAML', async () => {
    const one = desk()
    const file = one.file('a.yaml', selfSigned, certificate('web', 'self', web))
    const wide = await run(['enroll', '-f', file, '-d', one.out, '-o', 'wide'])
    expect(wide.stdout).toMatch(/^ {2}key {10}ECDSA 256\n {2}signed with {2}sha256\n {2}usages {7}digital signature/m)
    const yaml = await run(['enroll', '-f', file, '-d', one.out, '--fresh', '-o', 'yaml'])
    expect(parse(yaml.stdout)).toMatchObject({ kind: 'issued', exitCode: 0, certificate: 'web', key: 'ECDSA 256' })
    const refused = await run(['enroll', '-f', file, '-d', `${one.out}-2`, '--renew', '-o', 'yaml'])
    expect(parse(refused.stdout)).toEqual({ kind: 'failed', exitCode: 1, message: expect.any(String) })
    expect(refused.stderr).toMatch(/^error: There is nothing to renew/)
  })

  it('asks once for one wish, again for another, and again when told to', async () => {
    const one = desk()
    const file = one.file('a.yaml', selfSigned, certificate('web', 'self', web))
    const args = ['enroll', '-f', file, '-d', one.out]
    await run(args)
    const first = one.read('tls.crt')
    const again = await run(args)
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toContain('answers these manifests')
    expect(one.read('tls.crt')).toBe(first)
    const more = certificate('web', 'self', { ...web, dnsNames: ['other.example.test'] })
    for (const changed of [['--renew'], ['--fresh'], ['-f', one.file('b.yaml', selfSigned, more)]]) {
      const before = one.read('tls.crt')
      const files = changed[0] === '-f' ? ['enroll', ...changed, '-d', one.out] : [...args, ...changed]
      expect(await run(files)).toMatchObject({ code: 0 })
      expect(one.read('tls.crt')).not.toBe(before)
    }
  })

  it('never replaces what somebody else wrote, unless told to', async () => {
    const one = desk()
    const file = one.file('a.yaml', selfSigned, certificate('web', 'self', web))
    one.plant('tls.key', 'somebody else\n')
    const refused = await run(['enroll', '-f', file, '-d', one.out])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('tls.key, not written by this tool')
    expect(one.read('tls.key')).toBe('somebody else\n')
    expect(await run(['enroll', '-f', file, '-d', one.out, '--force'])).toMatchObject({ code: 0 })
    expect(await run(['enroll', '-f', file, '-d', one.out, '--fresh'])).toMatchObject({ code: 0 })
  })

  it('keeps the key under rotationPolicy Never, and takes one that was brought along', async () => {
    const one = desk()
    const openssl = ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
    const brought = execFileSync('openssl', openssl, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    one.plant('tls.key', brought)
    const never = { ...web, privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } }
    const file = one.file('a.yaml', selfSigned, certificate('web', 'self', never))
    for (const more of [[], ['--renew']]) {
      expect(await run(['enroll', '-f', file, '-d', one.out, ...more])).toMatchObject({ code: 0 })
      const key = createPrivateKey(one.read('tls.key'))
      expect(key.equals(createPrivateKey(brought))).toBe(true)
    }
    const rsa = { ...web, privateKey: { algorithm: 'RSA', rotationPolicy: 'Never' } }
    const other = await run([
      'enroll',
      '-f',
      one.file('b.yaml', selfSigned, certificate('web', 'self', rsa)),
      '-d',
      one.out,
    ])
    expect(other).toMatchObject({ code: 1 })
    expect(other.stderr).toContain('tls.key is of the kind ECDSA 256, the Certificate wants RSA 2048')
  })

  it.each([
    ['nothing to renew', [], ['--renew'], 1, 'There is nothing to renew'],
    [
      'no credentials',
      [issuer('self', { ca: { secretName: 'root' } })],
      [],
      6,
      'points at Secret root, which the manifests do not hold',
    ],
    [
      'a CA that is none',
      [issuer('self', { ca: { secretName: 'x' } }), secret('x', { 'tls.crt': 'canary', 'tls.key': 'canary' })],
      [],
      6,
      'error: ',
    ],
  ])('with %s ends before anything is made', async (_name, objects, flags, code, text) => {
    const one = desk()
    const from = objects.length === 0 ? [selfSigned] : objects
    const file = one.file('a.yaml', ...from, certificate('web', 'self', web))
    const ended = await run(['enroll', '-f', file, '-d', one.out, ...flags])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain('canary')
    expect(one.files()).toEqual([])
  })

  it('names the keystore password that is missing, and where to put it', async () => {
    const one = desk()
    const keystores = { jks: { create: true, passwordSecretRef: { name: 'k', key: 'p' } } }
    const file = one.file('a.yaml', selfSigned, certificate('web', 'self', { ...web, keystores }))
    const ended = await run(['enroll', '-f', file, '-d', one.out])
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.stderr).toContain(
      'spec.keystores.jks.passwordSecretRef: Secret k has no entry p; add it to the manifests',
    )
  })

  it('is refused while another run works in the directory, and takes over from one that died', async () => {
    const one = desk()
    const args = ['enroll', '-f', one.file('a.yaml', selfSigned, certificate('web', 'self', web)), '-d', one.out]
    one.plant('.running', String(process.ppid))
    expect(await run(args)).toMatchObject({ code: 1, stdout: '' })
    const gone = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }))
    writeFileSync(join(one.out, '.running'), String(gone))
    expect(await run(args)).toMatchObject({ code: 0 })
    expect(one.files()).not.toContain('.running')
  })
})

describe('probe', () => {
  it('prints what the issuer says, and when its credentials expire', async () => {
    const one = desk()
    const file = one.file('a.yaml', await rootCa(), issuer('ca', { ca: { secretName: 'root' } }))
    const text = await run(['probe', '-f', file])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^Issuer ca \(ca\): ready\. /)
    expect(text.stdout).toMatch(/^ {2}ca fingerprint: [0-9a-f]{64}$/m)
    expect(text.stdout).toMatch(/^ {2}expires: \S+Z {2}CA certificate \(in 89 days\)$/m)
    const json = await run(['probe', '-f', file, '-o', 'json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ issuer: 'Issuer/ca', protocol: 'ca', ready: true, exitCode: 0 })
    const yaml = await run(['probe', '-f', file, '-o', 'yaml'])
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout))
  })
})

describe('other words', () => {
  it('get the version, help, or a complaint in the asked format', async () => {
    expect(await run(['version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    const told = { version, node: process.versions.node }
    expect(JSON.parse((await run(['version', '-o', 'json'])).stdout)).toEqual(told)
    expect((await run(['version', '-o', 'yaml'])).stdout).toBe(`version: ${version}\nnode: ${told.node}\n`)
    expect((await run(['version', '-o', 'wide'])).stdout).toBe(`${version} (Node.js ${told.node})\n`)
    expect((await run(['enroll', '--help'])).stdout).toContain('--http01-address')
    for (const asked of [['-o', 'json'], ['-ojson'], ['--output=json'], ['--output', 'json']])
      expect(await run(['probe', ...asked])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('"exitCode":1'),
      })
    expect(await run(['enroll', '-f', 'a', '-o', 'some/dir'])).toMatchObject({
      code: 1,
      stderr: 'error: -o is one of text, wide, json, yaml, not "some/dir". A directory is given with -d.\n',
    })
    expect(await run(['probe', '-f', '/nowhere/x.yaml'])).toMatchObject({
      code: 1,
      stderr: 'error: /nowhere/x.yaml cannot be read: it does not exist.\n',
    })
  })

  it('are in the table of package.json', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly bin: unknown }
    expect(bin).toEqual({ 'kubectl-perennial': 'dist/kubectl-perennial' })
  })
})
