/** The tool without a cluster at SCEP services: micromdm's, and one that holds requests until somebody decides. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from '@jest/globals'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { CliDesk, certificate, issuer, runCli, secret, startCli } from '../support/clitool.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import { serveScep } from '../support/scep-server/serve.ts'
import { startScepServer } from '../support/scepserver.ts'

const testTimeout = 120_000
const challenge = 'canary-correct-horse-battery'
const challengeSecretRef = { name: 'challenge', key: 'challenge' }
const challengeSecret = secret('challenge', { challenge: `${challenge}\n` })
const router = { commonName: 'router.example.test', dnsNames: ['router.example.test'] }

const closing: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, testTimeout)

function desk(): CliDesk {
  const one = new CliDesk()
  closing.push(() => one.remove())
  return one
}

interface Held {
  readonly fake: FakeScep
  readonly desk: CliDesk
  readonly args: readonly string[]
}

/** A service of our own whose administrator decides by hand. */
async function held(spec: object = {}): Promise<Held> {
  const material = await singleCa()
  const fake = new FakeScep({ material, now: () => systemClock.now() })
  fake.troubles.challenge = challenge
  fake.troubles.approval = 'manual'
  const server = await serveScep(fake)
  closing.push(() => server.close())
  const one = desk()
  const scep = {
    url: `${server.url}/scep`,
    caFingerprint: sha256Hex(material.ca.certificate),
    challengeSecretRef,
    pollInterval: '4s',
    ...spec,
  }
  const file = one.file('all.yaml', challengeSecret, issuer('held', { scep }), certificate('router', 'held', router))
  return { fake, desk: one, args: ['enroll', '-f', file, '-d', one.out] }
}

const transactionsOf = ({ operations }: FakeScep, messageType: string): readonly string[] =>
  operations.filter((one) => one.messageType === messageType).map(({ transaction }) => transaction)

describe("micromdm's scepserver", () => {
  it(
    'is probed, gives a certificate for a challenge, and renews it by the certificate',
    async () => {
      const server = await startScepServer({ challenge, serverUsages: true })
      closing.push(() => server.stop())
      const one = desk()
      const scep = {
        url: server.url,
        caFingerprint: sha256Hex(server.ca),
        allowLegacy: ['DES-CBC'],
        challengeSecretRef,
      }
      const issuerFile = one.file('issuer.yaml', challengeSecret, issuer('scepserver', { scep }))
      const wish = one.file('certificate.yaml', certificate('router', 'scepserver', router))

      const probed = await runCli(['probe', '-f', issuerFile])
      expect(probed).toMatchObject({ code: 0 })
      expect(probed.stdout).toContain(sha256Hex(server.ca))
      expect(probed.stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} +\d+ ms {2}GetCACaps {5}200 /m)

      const enrolled = await runCli(['enroll', '-f', issuerFile, '-f', wish, '-d', one.out])
      expect(enrolled).toMatchObject({ code: 0 })
      expect(enrolled.stderr).toMatch(/ PKCSReq +SUCCESS.* RSA 2048, SHA-256, AES/)
      expect(one.files()).toEqual(['ca.crt', 'perennial.json', 'tls.crt', 'tls.key'])
      expect(one.mode('tls.key')).toBe(0o600)
      const first = new X509Certificate(one.read('tls.crt'))
      expect(first.verify(new X509Certificate(server.ca).publicKey)).toBe(true)
      expect(first.subjectAltName).toBe('DNS:router.example.test')
      const key = one.read('tls.key')

      const renewed = await runCli(['enroll', '-f', issuerFile, '-f', wish, '-d', one.out, '--renew'])
      expect(renewed).toMatchObject({ code: 0 })
      const second = new X509Certificate(one.read('tls.crt'))
      expect(second.serialNumber).not.toBe(first.serialNumber)
      expect(one.read('tls.key')).not.toBe(key)
      const everything = [probed, enrolled, renewed].map(({ stdout, stderr }) => stdout + stderr).join('')
      expect(everything).not.toContain(challenge)
    },
    testTimeout,
  )
})

describe('a request that waits for a person', () => {
  it(
    'ends with code 4 under --no-wait, and the next run polls the same transaction',
    async () => {
      const { fake, desk: one, args } = await held()
      const first = await runCli([...args, '--no-wait'])
      expect(first).toMatchObject({ code: 4, stdout: '' })
      expect(first.stderr).toMatch(/ PKCSReq +PENDING/)
      expect(one.files()).toEqual(['enrollment.json', 'next.key'])
      expect([one.mode('enrollment.json'), one.mode('next.key')]).toEqual([0o600, 0o600])
      expect(one.read('enrollment.json')).not.toContain(challenge)

      await fake.approve()
      const second = await runCli(args)
      expect(second).toMatchObject({ code: 0 })
      expect(new Set(fake.operations.map(({ transaction }) => transaction)).size).toBe(1)
      expect(transactionsOf(fake, '19')).toHaveLength(1)
      expect(fake.issued).toBe(1)
      expect(one.files()).toEqual(['ca.crt', 'perennial.json', 'tls.crt', 'tls.key'])
    },
    testTimeout,
  )

  it(
    'is left by Ctrl-C with code 130 and gone on with by the same command',
    async () => {
      const { fake, desk: one, args } = await held()
      const run = startCli(args)
      await run.said('waiting until')
      run.signal('SIGINT')
      expect(await run.ended).toMatchObject({ code: 130 })
      expect(one.files()).toEqual(['enrollment.json', 'next.key'])

      await fake.approve()
      expect(await runCli(args)).toMatchObject({ code: 0 })
      expect(transactionsOf(fake, '19')).toHaveLength(1)
      expect(fake.issued).toBe(1)
    },
    testTimeout,
  )

  it(
    'is gone on with after kill -9, and the directory is free again',
    async () => {
      const { fake, desk: one, args } = await held()
      const run = startCli(args)
      await run.said('waiting until')
      run.signal('SIGKILL')
      await run.ended
      expect(one.files()).toEqual(['.running', 'enrollment.json', 'next.key'])

      await fake.approve()
      expect(await runCli(args)).toMatchObject({ code: 0 })
      expect(transactionsOf(fake, '19')).toHaveLength(1)
      expect(one.files()).toEqual(['ca.crt', 'perennial.json', 'tls.crt', 'tls.key'])
    },
    testTimeout,
  )

  it(
    'is given up by --fresh for a new one with a new key; other manifests do not go on with it',
    async () => {
      const { fake, desk: one, args } = await held()
      await runCli([...args, '--no-wait'])
      const key = one.read('next.key')
      const changed = readFileSync(args[2] ?? '', 'utf8').replaceAll('router.example.test', 'other.example.test')
      const otherwise = await runCli(['enroll', '-f', '-', '-d', one.out], changed)
      expect(otherwise).toMatchObject({ code: 1 })
      expect(otherwise.stderr).toContain('An enrollment with other manifests is under way')
      expect(one.read('next.key')).toBe(key)

      fake.troubles.approval = 'automatic'
      expect(await runCli([...args, '--fresh'])).toMatchObject({ code: 0 })
      expect(new Set(transactionsOf(fake, '19')).size).toBe(2)
      expect(one.read('tls.key')).not.toBe(key)
    },
    testTimeout,
  )

  it(
    'is repeated byte for byte when the answer was lost',
    async () => {
      const { fake, args } = await held()
      fake.troubles.approval = 'automatic'
      fake.troubles.operationStatus = 503
      expect(await runCli([...args, '--no-wait'])).toMatchObject({ code: 3 })
      delete fake.troubles.operationStatus
      expect(await runCli(args)).toMatchObject({ code: 0 })
      const messages = fake.operations.map(({ message }) => Buffer.from(message).toString('hex'))
      expect(new Set(messages).size).toBe(1)
      expect(fake.issued).toBe(1)
    },
    testTimeout,
  )

  it(
    'is denied with code 2, and another directory is not needed for the next one',
    async () => {
      const { fake, desk: one, args } = await held()
      await runCli([...args, '--no-wait'])
      await fake.approve('deny')
      expect(await runCli(args)).toMatchObject({ code: 2, stdout: '' })
      expect(one.files()).toEqual([])
    },
    testTimeout,
  )
})

describe('what goes wrong at a CA', () => {
  it(
    'a challenge that is refused is never printed nor written, not even verbosely',
    async () => {
      const { fake, desk: one, args } = await held()
      fake.troubles.challenge = 'another one'
      const run = await runCli([...args, '--verbose', '-o', 'json'])
      expect([2, 6]).toContain(run.code)
      expect(run.stdout + run.stderr).not.toContain(challenge)
      for (const file of one.files()) expect(one.read(file)).not.toContain(challenge)
    },
    testTimeout,
  )

  it(
    'a certificate for another key ends with code 5 and is written nowhere',
    async () => {
      const { fake, desk: one, args } = await held()
      fake.troubles.approval = 'automatic'
      fake.troubles.certifiesAnotherKey = true
      const run = await runCli(args)
      expect(run).toMatchObject({ code: 5, stdout: '' })
      expect(run.stderr).toContain('(SecurityViolation)')
      expect(one.files()).not.toContain('tls.crt')
    },
    testTimeout,
  )

  it(
    'another fingerprint than was pinned ends before anything is asked, with code 5 or 6',
    async () => {
      const { fake, args } = await held({ caFingerprint: '00'.repeat(32) })
      const run = await runCli([...args, '-o', 'json'])
      expect([5, 6]).toContain(run.code)
      expect(JSON.parse(run.stdout)).toMatchObject({ kind: 'failed', exitCode: run.code })
      expect(fake.operations).toEqual([])
    },
    testTimeout,
  )

  it(
    'a service that is not there ends with code 3 at once',
    async () => {
      const { args } = await held({ url: 'http://127.0.0.1:9/scep' })
      const run = await runCli(args)
      expect(run).toMatchObject({ code: 3, stdout: '' })
      expect(run.stderr).toContain('(Unreachable)')
    },
    testTimeout,
  )
})
