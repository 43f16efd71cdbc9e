import { describe, expect, it } from '@jest/globals'
import { signedHeaders } from '../../../../../../src/enroll/solvers/dns01/route53/sigv4.ts'
import { SecretText } from '../../../../../../src/std/secret.ts'
import { instant } from '../../../../../../src/std/time.ts'

/** Of the test suite that AWS publishes for Signature Version 4 (aws-sig-v4-test-suite). */
const scope = {
  region: 'us-east-1',
  service: 'service',
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: new SecretText('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
  },
}
const now = instant(Date.UTC(2015, 7, 30, 12, 36))
const origin = 'https://example.amazonaws.com'
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

const vectors: readonly (readonly [
  string,
  { method: string; url: string; headers?: Record<string, string>; body?: string },
  string,
])[] = [
  ['get-vanilla', { method: 'GET', url: '/' }, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-query-order-key-case',
    { method: 'GET', url: '/?Param2=value2&Param1=value1' },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  ['post-vanilla', { method: 'POST', url: '/' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-x-www-form-urlencoded',
    { method: 'POST', url: '/', headers: form, body: 'Param1=value1' },
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'get-unreserved',
    { method: 'GET', url: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' },
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  [
    'get-header-value-trim',
    { method: 'GET', url: '/', headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } },
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
]

describe('Signature Version 4', () => {
  it.each(vectors)('makes the signature of %s', (_name, { method, url, headers = {}, body = '' }, signature) => {
    const signed = signedHeaders({ method, url: origin + url, headers, body }, scope, now)
    expect(signed['authorization']).toContain(`Signature=${signature}`)
  })
})
