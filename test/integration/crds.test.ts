/** The generated CRDs on a real API server: it takes them, and says yes and no to the same objects as our parser. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Agent, request } from 'undici'
import { certificateKind } from '../../src/api/certificate.ts'
import type { CertificateStatus } from '../../src/api/certificate.ts'
import type { Kind } from '../../src/api/kind.ts'
import { kinds } from '../../src/api/kinds.ts'
import { isJsonObject } from '../../src/std/json.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { gatewayApi } from '../support/gateway-api.ts'
import { manifest, rulesOf } from '../support/rulesamples.ts'

const startTimeout = 600_000
const callTimeout = 60_000

let plane: ControlPlane
let agent: Agent

beforeAll(async () => {
  plane = await startControlPlane()
  agent = new Agent({ connect: { ca: plane.ca } })
  await plane.kubectl(['apply', '--server-side', '-f', 'crds/'])
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  for (const kind of kinds) while ((await ask('GET', collection(kind))).status === 404) continue
}, startTimeout)

afterAll(async () => {
  await agent.close()
  await plane.stop()
}, callTimeout)

interface Answer {
  readonly status: number
  readonly body: JsonObject
}

async function ask(method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<Answer> {
  const reply = await request(plane.url + path, {
    method,
    dispatcher: agent,
    headers: { authorization: `Bearer ${plane.token}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await reply.body.text()
  const json: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: reply.statusCode, body: isJsonObject(json) ? json : {} }
}

function collection({ group, version, plural, namespaced }: Kind): string {
  return `/apis/${group}/${version}/${namespaced ? 'namespaces/default/' : ''}${plural}`
}

/** Asks whether the server would take the object, without storing it. */
const tryOn = (kind: Kind, object: JsonObject): Promise<Answer> =>
  ask('POST', `${collection(kind)}?dryRun=All&fieldValidation=Strict`, object)

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** What the server complained of: field and message. */
function causes({ body }: Answer): readonly { readonly field: string; readonly message: string }[] {
  const details = isJsonObject(body['details']) ? body['details'] : {}
  const list = Array.isArray(details['causes']) ? details['causes'].filter(isJsonObject) : []
  return list.map(({ field, message }) => ({ field: textOf(field), message: textOf(message) }))
}

describe.each(kinds)('$kind on a real API server', (kind) => {
  it(
    'takes the example',
    async () => {
      expect(await tryOn(kind, manifest(kind, {}))).toMatchObject({ status: 201 })
    },
    callTimeout,
  )

  it.each(rulesOf(kind))(
    '$path: $message',
    async ({ message, accepts, rejects }) => {
      for (const sample of accepts) {
        const answer = await tryOn(kind, manifest(kind, sample))
        expect({ sample, status: answer.status, causes: causes(answer) }).toEqual({ sample, status: 201, causes: [] })
      }
      for (const sample of rejects) {
        const answer = await tryOn(kind, manifest(kind, sample))
        const said = causes(answer).filter((cause) => cause.message.endsWith(message))
        expect({ sample, status: answer.status, said: said.length }).toEqual({ sample, status: 422, said: 1 })
      }
    },
    callTimeout,
  )
})

describe('the API server and our parser', () => {
  const nearMiss = (alphabet: string, max: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: max })
  const lists: readonly (readonly [string, fc.Arbitrary<string>])[] = [
    ['dnsNames', fc.oneof(fc.domain(), nearMiss('aZ09-.*_', 12), fc.ipV4())],
    [
      'ipAddresses',
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), nearMiss('01f:.', 16)).filter((text) => text.length <= 45),
    ],
    ['uris', fc.oneof(fc.webUrl(), nearMiss('a1:/?#[]@ %\u00e9', 12))],
    [
      'emailAddresses',
      fc.oneof(
        fc.emailAddress().filter((text) => text.length <= 254),
        nearMiss('a1@.-+<> ', 12),
      ),
    ],
  ]

  it.each(lists)(
    'tell the same %s from others, whatever is tried',
    async (field, candidate) => {
      const texts = fc.sample(candidate, { numRuns: 200, seed: 20261123 })
      const object = manifest(certificateKind, { [field]: texts })
      const server = new Set(causes(await tryOn(certificateKind, object)).map((cause) => cause.field))
      const parser = certificateKind.schema.safeParse(object).error?.issues ?? []
      const ours = new Set(parser.map(({ path }) => `spec.${field}[${String(path.at(2))}]`))
      const differing = texts.filter(
        (_text, i) => server.has(`spec.${field}[${i}]`) !== ours.has(`spec.${field}[${i}]`),
      )
      expect(ours.size).toBeGreaterThan(10)
      expect(ours.size).toBeLessThan(texts.length)
      expect(differing).toEqual([])
    },
    callTimeout,
  )

  it(
    'take the same durations, alone and against each other',
    async () => {
      const length = fc.oneof(
        nearMiss('0159hms.', 9),
        fc.constantFrom('1m', '59s', '720h', '2160h', '876000h', '1h0m0s'),
      )
      const pairs = fc.sample(fc.tuple(length, length), { numRuns: 150, seed: 20261123 })
      for (const [duration, renewBefore] of pairs) {
        const object = manifest(certificateKind, { duration, renewBefore })
        const { status } = await tryOn(certificateKind, object)
        const ours = certificateKind.schema.safeParse(object).success
        expect({ duration, renewBefore, taken: status === 201 }).toEqual({ duration, renewBefore, taken: ours })
      }
    },
    callTimeout,
  )
})

const status: CertificateStatus = {
  observedGeneration: 1,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      observedGeneration: 1,
      lastTransitionTime: '2026-11-23T12:00:00Z',
      reason: 'Ready',
      message: 'Valid until 2027-02-21T12:00:00Z.',
    },
  ],
  notBefore: '2026-11-23T12:00:00Z',
  notAfter: '2027-02-21T12:00:00Z',
  renewalTime: '2027-01-22T12:00:00Z',
  revision: 2,
  serialNumber: '0A',
  fingerprintSHA256: 'ab'.repeat(32),
  protocol: 'acme',
  issuedBy: { name: 'ca', kind: 'Issuer', group: 'perennial.dev', protocol: 'acme' },
  enrollment: {
    protocol: 'acme',
    phase: 'challenges',
    note: 'Waiting for the CA to look at the answers.',
    startedAt: '2026-11-23T12:00:00Z',
    requestHash: 'h',
    issuer: 'uid/1',
    keyHash: 'k',
    nextPollTime: '2026-11-23T12:00:05Z',
    ticket: {
      version: 1,
      phase: 'challenges',
      state: { orderUrl: 'https://ca.example.com/order/1', seen: [1, { a: [] }], deep: { er: true } },
      answers: [{ type: 'http-01', identifier: 'a.example', token: 't', value: 't.k' }],
    },
  },
  failedIssuanceAttempts: 1,
  lastFailure: {
    code: 'RateLimited',
    message: 'The CA asks to wait.',
    time: '2026-11-23T12:00:00Z',
    attempts: 1,
    recent: ['2026-11-23T12:00:00Z'],
    requestHash: 'h',
    issuer: 'uid/1',
    nextTryTime: '2026-11-23T13:00:00Z',
    renewRequest: '1',
  },
  renewalInfo: {
    serialNumber: '0A',
    windowStart: '2027-01-20T00:00:00Z',
    windowEnd: '2027-01-22T00:00:00Z',
    explanationURL: 'https://ca.example.com/why',
    checkedAt: '2026-11-23T12:00:00Z',
    askAgainAt: '2026-11-23T18:00:00Z',
    message: 'As suggested.',
  },
}

describe('a Certificate in kubectl', () => {
  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', '-'], JSON.stringify(manifest(certificateKind, {}, 'web')))
    const patch = JSON.stringify({ status })
    await plane.kubectl(['patch', 'cert', 'web', '--subresource=status', '--type=merge', '-p', patch])
  }, callTimeout)

  it(
    'shows what people look for',
    async () => {
      const [head = '', row = ''] = (await plane.kubectl(['get', 'certificates.perennial.dev'])).split('\n')
      expect(head.split(/\s+/).filter((word) => word !== '')).toEqual([
        'NAME',
        'READY',
        'SECRET',
        'ISSUER',
        'PROTOCOL',
        'EXPIRES',
        'RENEWS',
        'AGE',
      ])
      expect(row).toMatch(/^web +True +web-tls +ca +acme +2027-02-21T12:00:00Z +2027-01-22T12:00:00Z +\d+s$/)
      expect(await plane.kubectl(['get', 'certs', '-o', 'wide'])).toContain('Valid until 2027-02-21T12:00:00Z.')
    },
    callTimeout,
  )

  it(
    'keeps every member of the status',
    async () => {
      const object: unknown = JSON.parse(await plane.kubectl(['get', 'cert', 'web', '-o', 'json']))
      expect(object).toMatchObject({ status })
    },
    callTimeout,
  )

  it(
    'is found by its issuer and its Secret',
    async () => {
      const find = (selector: string): Promise<string> =>
        plane.kubectl(['get', 'cert', '-o', 'name', '--field-selector', selector])
      expect(await find('spec.issuerRef.name=ca,spec.issuerRef.kind=Issuer')).toContain('certificate.perennial.dev/web')
      expect(await find('spec.secretName=web-tls')).toContain('certificate.perennial.dev/web')
      expect(await find('spec.secretName=other')).toBe('')
    },
    callTimeout,
  )

  it(
    'is explained field by field',
    async () => {
      const text = await plane.kubectl(['explain', 'certificates.perennial.dev.spec.privateKey.rotationPolicy'])
      expect(text).toContain('every new certificate gets a new key')
    },
    callTimeout,
  )

  it(
    'is taken from the examples as they are',
    async () => {
      await plane.kubectl(['apply', '--server-side', '-f', '-'], gatewayApi)
      await plane.kubectl(['wait', '--for=condition=Established', '--all', 'crds', '--timeout=30s'])
      expect(await plane.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', 'examples/'])).toContain(
        'certificate.perennial.dev/short-lived created',
      )
    },
    callTimeout,
  )
})
