import { describe, expect, it } from '@jest/globals'
import type { Secret } from '../../../../src/api/meta.ts'
import { isOurs, nextKeyRef } from '../../../../src/controllers/certificate/shape.ts'

const secret = (labels: Record<string, string>, annotations: Record<string, string> = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'web', labels, annotations },
})
const named = { 'perennial.dev/certificate-name': 'web' }

describe('a Secret under the name that a Certificate wants', () => {
  it.each([
    { what: 'it carries our mark', secret: secret({ 'perennial.dev/managed': 'certificate' }), ours: true },
    { what: 'it lost the mark but names the Certificate', secret: secret({}, named), ours: true },
    {
      what: 'it names another Certificate',
      secret: secret({}, { 'perennial.dev/certificate-name': 'b' }),
      ours: false,
    },
    { what: 'it keeps a pending key', secret: secret({ 'perennial.dev/managed': 'next-key' }, named), ours: false },
    { what: 'it says nothing', secret: secret({}), ours: false },
  ])('is ours: $ours when $what', ({ secret: found, ours }) => {
    expect(isOurs(found, 'web')).toBe(ours)
  })
})

it('names the Secret of the pending key after the Certificate, within the length of a name', () => {
  const name = 'a'.repeat(253)
  const ref = nextKeyRef({
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'team', uid: '5f628aba-5b1f-4f4d-b49e-382f452c7ad4' },
    spec: { secretName: 'web', issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } },
  })
  expect(ref).toEqual({ namespace: 'team', name: `${'a'.repeat(200)}-next-5f628aba5b` })
})
