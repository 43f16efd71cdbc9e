import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Claimant, Complaint } from '../../../../src/domain/ingress/claimant.ts'
import { wantedBy } from '../../../../src/domain/ingress/wanted.ts'
import type { Habits, Wanted } from '../../../../src/domain/ingress/wanted.ts'
import type { JsonObject } from '../../../../src/std/json.ts'
import { habits, ingress } from './claimants.ts'

const issuer = { 'perennial.dev/issuer': 'ca' }
const byCa = { group: 'perennial.dev', kind: 'Issuer', name: 'ca' }

const withNotes = (annotations: Readonly<Record<string, string>>): Claimant =>
  ingress({ annotations: { ...issuer, ...annotations } })

const wanted = (claimant: Claimant, more: Partial<Habits> = {}): Wanted =>
  wantedBy(claimant, [], { ...habits, ...more })

const specs = ({ certificates }: Wanted): readonly JsonObject[] => certificates.map(({ spec }) => spec)
const messages = ({ complaints }: { readonly complaints: readonly Complaint[] }): readonly string[] =>
  complaints.map(({ reason, message }) => `${reason}: ${message}`)

describe('the annotation', () => {
  it.each<{ word: string; value: string; spec: JsonObject }>([
    { word: 'common-name', value: 'web', spec: { commonName: 'web' } },
    { word: 'alt-names', value: 'b.example, www.example.com', spec: { dnsNames: ['www.example.com', 'b.example'] } },
    { word: 'ip-sans', value: '10.0.0.1,fd00::1', spec: { ipAddresses: ['10.0.0.1', 'fd00::1'] } },
    { word: 'uri-sans', value: 'spiffe://a/b', spec: { uris: ['spiffe://a/b'] } },
    { word: 'email-sans', value: 'a@b.example', spec: { emailAddresses: ['a@b.example'] } },
    {
      word: 'subject-organizations',
      value: 'Plain, "Big, Inc.", "say ""hi"""',
      spec: { subject: { organizations: ['Plain', 'Big, Inc.', 'say "hi"'] } },
    },
    { word: 'subject-organizationalunits', value: 'Web', spec: { subject: { organizationalUnits: ['Web'] } } },
    { word: 'subject-countries', value: 'FR,DE', spec: { subject: { countries: ['FR', 'DE'] } } },
    { word: 'subject-provinces', value: 'Berlin', spec: { subject: { provinces: ['Berlin'] } } },
    { word: 'subject-localities', value: 'Berlin', spec: { subject: { localities: ['Berlin'] } } },
    { word: 'subject-streetaddresses', value: '"1, Way"', spec: { subject: { streetAddresses: ['1, Way'] } } },
    { word: 'subject-postalcodes', value: '10115', spec: { subject: { postalCodes: ['10115'] } } },
    { word: 'subject-serialnumber', value: '42', spec: { subject: { serialNumber: '42' } } },
    { word: 'duration', value: '24h', spec: { duration: '24h' } },
    { word: 'renew-before', value: '8h', spec: { renewBefore: '8h' } },
    { word: 'renew-before-percentage', value: '33', spec: { renewBeforePercentage: 33 } },
    { word: 'usages', value: 'digital signature, server auth', spec: { usages: ['digital signature', 'server auth'] } },
    { word: 'revision-history-limit', value: '2', spec: { revisionHistoryLimit: 2 } },
    { word: 'private-key-algorithm', value: 'ECDSA', spec: { privateKey: { algorithm: 'ECDSA' } } },
    { word: 'private-key-encoding', value: 'PKCS8', spec: { privateKey: { encoding: 'PKCS8' } } },
    { word: 'private-key-size', value: '4096', spec: { privateKey: { size: 4096 } } },
    { word: 'private-key-rotation-policy', value: 'Never', spec: { privateKey: { rotationPolicy: 'Never' } } },
    {
      word: 'secret-template',
      value: '{"labels": {"a": "b"}, "annotations": {"c": "d"}}',
      spec: { secretTemplate: { labels: { a: 'b' }, annotations: { c: 'd' } } },
    },
  ])('$word is understood, in both spellings', ({ word, value, spec }) => {
    const found = wanted(withNotes({ [`perennial.dev/${word}`]: value }))
    expect(messages(found)).toEqual([])
    expect(specs(found)).toEqual([{ secretName: 'web-tls', issuerRef: byCa, dnsNames: ['www.example.com'], ...spec }])
    const foreign = { 'cert-manager.io/issuer': 'ca', [`cert-manager.io/${word}`]: value }
    expect(specs(wanted(ingress({ annotations: foreign }), { foreign: true }))).toEqual(specs(found))
  })

  it('of one kind add up', () => {
    const notes = { 'perennial.dev/private-key-algorithm': 'ECDSA', 'perennial.dev/private-key-size': '384' }
    expect(specs(wanted(withNotes(notes)))[0]?.['privateKey']).toEqual({ algorithm: 'ECDSA', size: 384 })
  })

  it.each<{ name: string; annotations: Record<string, string>; expected: object }>([
    {
      name: 'http01-edit-in-place',
      annotations: { 'perennial.dev/http01-edit-in-place': 'true', 'perennial.dev/http01-ingress-class': 'nginx' },
      expected: {
        'perennial.dev/http01-override-ingress-name': 'web',
        'perennial.dev/http01-override-ingress-class': 'nginx',
      },
    },
    {
      name: 'http01-ingress-ingressclassname',
      annotations: {
        'perennial.dev/http01-edit-in-place': 'false',
        'perennial.dev/http01-ingress-ingressclassname': 'traefik',
      },
      expected: { 'perennial.dev/http01-override-ingress-ingressclassname': 'traefik' },
    },
  ])('$name is handed to the Certificate', ({ annotations, expected }) => {
    expect(wanted(withNotes(annotations)).certificates[0]?.annotations).toEqual(expected)
  })

  it('labels are handed on, but for those that tools find their objects by', () => {
    const labels = {
      team: 'web',
      'app.kubernetes.io/name': 'shop',
      'app.kubernetes.io/managed-by': 'Helm',
      'helm.sh/chart': 'shop-1',
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'argocd.argoproj.io/instance': 'apps',
      'applyset.kubernetes.io/part-of': 'set',
    }
    const [certificate] = wanted(ingress({ labels })).certificates
    expect(certificate?.labels).toEqual({ team: 'web', 'app.kubernetes.io/name': 'shop' })
  })
})

describe('a list with quotes', () => {
  const read = (value: string): unknown => {
    const found = wanted(withNotes({ 'perennial.dev/subject-organizations': value }))
    return specs(found)[0]?.['subject'] ?? messages(found)
  }

  it.each([
    { value: 'a', items: ['a'] },
    { value: ' a , b ,', items: ['a', 'b'] },
    { value: '"a, b" , c', items: ['a, b', 'c'] },
    { value: '"say ""hi""",x', items: ['say "hi"', 'x'] },
  ])('$value has the items $items', ({ value, items }) => {
    expect(read(value)).toEqual({ organizations: items })
  })

  it.each(['"', '"a" b', 'a "b"', '"a""', '"""'])('%s is refused', (value) => {
    expect(read(value)).toEqual([expect.stringContaining('a double quote')])
  })

  it('reads back what was quoted', () => {
    const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 5 }), (items) => {
        const quoted = items.map((item) => `"${item.replaceAll('"', '""')}"`).join(', ')
        expect(read(quoted)).toEqual({ organizations: items })
      }),
    )
  })

  it('takes a text as long as an annotation can be', () => {
    expect(read(`${' '.repeat(250_000)}"`)).toEqual([expect.stringContaining('a double quote')])
    expect(read(`a${' '.repeat(250_000)}"`)).toEqual([expect.stringContaining('a double quote')])
    expect(read('"",'.repeat(80_000))).toEqual([expect.stringContaining('it is empty')])
  })
})

describe('annotations of any content', () => {
  it('give Certificates that pass the rules, or complaints', () => {
    const words = [
      'issuer',
      'cluster-issuer',
      'issuer-kind',
      'duration',
      'usages',
      'alt-names',
      'secret-template',
      'private-key-size',
    ]
    const notes = fc.dictionary(
      fc.constantFrom(...words).map((word) => `perennial.dev/${word}`),
      fc.string(),
    )
    fc.assert(
      fc.property(notes, (annotations) => {
        const found = wanted(ingress({ annotations }))
        for (const spec of specs(found)) expect(habits.check(spec)).toBeUndefined()
        for (const { message } of found.complaints) expect(message.length).toBeLessThan(2000)
      }),
    )
  })
})
