import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseCertificate } from '../../../src/api/certificate.ts'
import { documentsIn } from '../../../src/cli/documents.ts'
import { pickCertificate, pickIssuer, pickIssuerOf, readManifests } from '../../../src/cli/manifests.ts'
import type { Manifests } from '../../../src/cli/manifests.ts'
import { unwrap } from '../../support/unwrap.ts'

const head = (kind: string, name: string): string =>
  `apiVersion: perennial.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const issuer = (name: string, kind = 'Issuer'): string => `${head(kind, name)}spec: {selfSigned: {}}\n`
const certificate = (name: string, from: string, more = ''): string =>
  `${head('Certificate', name)}spec: {secretName: s, dnsNames: [a.example], issuerRef: {${from}}${more}}\n`

const read = (...texts: readonly string[]): ReturnType<typeof readManifests> =>
  readManifests(unwrap(documentsIn(texts.join('---\n'), 'all.yaml')))
const good = (...texts: readonly string[]): Manifests => unwrap(read(...texts))

describe('documents', () => {
  it('are read from one text, empty ones and lists included', () => {
    const text = '---\n# nothing\n---\nkind: A\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n'
    expect(unwrap(documentsIn(text, 'x.yaml')).map(({ place, object }) => [place, object['kind']])).toEqual([
      ['x.yaml, document 2', 'A'],
      ['x.yaml, document 3, item 1', 'B'],
      ['x.yaml, document 3, item 2', 'C'],
    ])
  })

  it('may be JSON', () => {
    expect(unwrap(documentsIn('{"kind":"A"}', 'x.json'))).toEqual([{ place: 'x.json', object: { kind: 'A' } }])
  })

  it.each([
    ['a: b: c: canary-value', 'x.yaml is not YAML: line 1'],
    ['password: "canary-value\n', 'x.yaml is not YAML: line 2'],
    ['just canary-value', 'x.yaml is not an object with apiVersion and kind.'],
    ['a: *canary-value', 'x.yaml is not'],
  ])('that are broken are told by place, never by what stands in them: %j', (text, error) => {
    const broken = documentsIn(text, 'x.yaml')
    expect(broken).toMatchObject({ ok: false })
    expect(broken.ok ? '' : broken.error).toContain(error)
    expect(JSON.stringify(broken)).not.toContain('canary')
  })

  it('that explode by aliases are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]`)
    expect(documentsIn(lines.join('\n'), 'x.yaml')).toMatchObject({ ok: false })
  })

  it('of any text never throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void documentsIn(text, 'x.yaml')))
  })
})

describe('manifests', () => {
  it('of other kinds are passed over', () => {
    expect(good('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n', issuer('a')).issuers).toHaveLength(1)
  })

  it('that are wrong get the sentence that kubectl apply shows', () => {
    const text = certificate('web', 'name: ca', ', privateKey: {algorithm: ECDSA, size: 2048}')
    const [document] = unwrap(documentsIn(text, 'x'))
    const schema = parseCertificate(document?.object)
    expect(schema.ok).toBe(false)
    expect(read(text)).toEqual({ ok: false, error: `all.yaml: ${schema.ok ? '' : schema.error}` })
  })

  it.each([
    [`${head('Issuer', 'a')}spec: {selfSigned: {}, ca: {secretName: x}}\n`, 'An issuer speaks exactly one protocol'],
    [
      `${head('Issuer', 'a')}spec: {selfSigned: {}, limits: {concurency: 3}}\n`,
      'unknown field "spec.limits.concurency".',
    ],
    [certificate('w', 'name: a', ', dnsName: b.example'), 'unknown field "spec.dnsName".'],
    ['kind: Issuer\nmetadata: {name: a}\n', 'all.yaml has no apiVersion or no kind.'],
    [issuer('a').replace('/v1', '/v2'), 'there is no perennial.dev/v2; write apiVersion: perennial.dev/v1.'],
    [issuer('a').replace('perennial.dev', 'cert-manager.io'), 'this is a Issuer of cert-manager.io/v1'],
    [issuer('a', 'Isuer'), 'perennial.dev has no kind Isuer; did you mean Issuer?'],
    [`${issuer('a')}---\n${issuer('a')}`, 'document 2: Issuer a is given twice; leave one out.'],
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {key: "canary!"}\n', 'In data.key: this is not base64'],
    [
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: 7}\n',
      'In stringData.key: this is not a text',
    ],
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {__proto__: x}\n', 'not "__proto__"'],
    ['apiVersion: v1\nkind: Secret\nstringData: {key: x}\n', 'In metadata.name: a Secret needs a name.'],
  ])('that cannot be meant are refused: %#', (text, error) => {
    const refused = read(text)
    expect(refused.ok ? '' : refused.error).toContain(error)
    expect(JSON.stringify(refused)).not.toContain('canary')
  })
})

describe('choosing', () => {
  const two = good(
    issuer('a'),
    issuer('a', 'ClusterIssuer'),
    issuer('b'),
    certificate('x', 'name: a'),
    certificate('y', 'name: z'),
  )

  it('takes the one Certificate there is, or the one that is named', () => {
    expect(pickCertificate(good(certificate('x', 'name: a')), undefined)).toMatchObject({ ok: true })
    expect(pickCertificate(two, 'y')).toMatchObject({ value: { metadata: { name: 'y' } } })
    expect(pickCertificate(two, undefined)).toEqual({
      ok: false,
      error: 'The manifests hold Certificate x, Certificate y; say which with --certificate.',
    })
    expect(pickCertificate(two, 'w')).toEqual({
      ok: false,
      error: 'The manifests hold no Certificate w, but Certificate x, Certificate y.',
    })
    expect(pickCertificate(good(issuer('a')), undefined)).toMatchObject({
      error: expect.stringContaining('add it with -f'),
    })
  })

  it('takes the issuer that the Certificate asks for, by kind and name', () => {
    expect(pickIssuerOf(unwrap(pickCertificate(two, 'x')), two)).toMatchObject({ value: { kind: 'Issuer' } })
    expect(pickIssuerOf(unwrap(pickCertificate(two, 'y')), two)).toEqual({
      ok: false,
      error:
        'Certificate y asks for Issuer z (spec.issuerRef), and the manifests hold Issuer a, ClusterIssuer a, Issuer b; add it with -f.',
    })
  })

  it('takes the issuer to probe by name, and by kind where names are not enough', () => {
    expect(pickIssuer(two, 'b')).toMatchObject({ ok: true })
    expect(pickIssuer(two, 'ClusterIssuer/a')).toMatchObject({ value: { kind: 'ClusterIssuer' } })
    expect(pickIssuer(two, 'a')).toEqual({
      ok: false,
      error: 'The manifests hold Issuer a, ClusterIssuer a; say which with --issuer Kind/name.',
    })
    expect(pickIssuer(two, 'q')).toMatchObject({ ok: false })
    expect(pickIssuer(good(certificate('x', 'name: a')), undefined)).toMatchObject({ ok: false })
  })
})
