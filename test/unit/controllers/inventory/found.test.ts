import { beforeAll, describe, expect, it } from '@jest/globals'
import { projectConfigMap, projectFoundSecret } from '../../../../src/controllers/inventory/found.ts'
import { base64, tlsSecret as secret } from '../../../support/tlssecret.ts'
import { tlsCa, tlsLeaf } from '../../../support/tls.ts'
import type { TlsMaterial } from '../../../support/tls.ts'

let ca: TlsMaterial
let leaf: TlsMaterial

beforeAll(async () => {
  ca = await tlsCa('Example CA')
  leaf = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'web.example' }] })
})

const configMap = (data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'roots', namespace: 'shop', resourceVersion: '7' },
  data,
})

describe('what is found in a Secret', () => {
  it('is its leaf with the chain above it, and nothing of its key', () => {
    const { items } = projectFoundSecret(
      secret('found', { 'tls.crt': leaf.certificate + ca.certificate, 'tls.key': leaf.key }, { labels: { team: 'a' } }),
    )
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ id: 'Secret/shop/found', state: 'found', owner: 'a', subject: 'CN=leaf' })
    expect(items[0]?.chain.map(({ isCA }) => isCA)).toEqual([true])
    const kept = JSON.stringify(items)
    expect(kept).not.toContain('PRIVATE')
    expect(kept).not.toContain(base64(leaf.key).slice(40, 80))
    expect(kept).not.toContain('BEGIN')
  })

  it('says how much of its chain is not looked at', () => {
    const { items } = projectFoundSecret(secret('long', { 'tls.crt': leaf.certificate + ca.certificate.repeat(13) }))
    expect(items[0]?.chain).toHaveLength(10)
    expect(items[0]).toMatchObject({ unreadAbove: 3, others: 0 })
  })

  it.each([
    ['nothing', undefined, /no PEM block/],
    ['a megabyte of junk', 'x'.repeat(1024 * 1024), /at most 95000 are read/],
    ['something else', 'hello', /no PEM block/],
    ['half a certificate', '-----BEGIN CERTIFICATE-----\nMIIB', /cut off/],
    [
      'no certificate in the PEM',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      /certificate 1 in it/,
    ],
  ])('is said to be unreadable where it is %s', (_what, text, clause) => {
    const { items } = projectFoundSecret(secret('bad', text === undefined ? {} : { 'tls.crt': text }))
    expect(items[0]?.unreadable).toMatch(clause)
  })
})

describe('what is found in a ConfigMap', () => {
  it('is one certificate for each entry that has any', () => {
    const { items } = projectConfigMap(configMap({ 'ca.crt': ca.certificate, note: 'hello', leaf: leaf.certificate }))
    expect(items.map(({ id }) => id)).toEqual(['ConfigMap/shop/roots/ca.crt', 'ConfigMap/shop/roots/leaf'])
  })

  it('is, of a bundle, the one that ends first, and how many lie beside it', async () => {
    const other = await tlsCa('Other CA')
    const { items } = projectConfigMap(configMap({ bundle: ca.certificate + other.certificate }))
    expect(items[0]).toMatchObject({ others: 1, chain: [] })
  })

  it('is shown where it is too much to be read, and not left out', () => {
    const names = Array.from({ length: 40 }, (_, index) => `ca-${index}`)
    const { items } = projectConfigMap(configMap(Object.fromEntries(names.map((name) => [name, ca.certificate]))))
    expect(items).toHaveLength(33)
    expect(items.at(-1)).toMatchObject({ id: 'ConfigMap/shop/roots/8 more', facts: undefined })
    expect(items.at(-1)?.unreadable).toMatch(/40 entries with certificates, and 32 .* are read; split it$/)
  })

  it('is said to be unreadable where somebody cut it off', () => {
    const { items } = projectConfigMap(configMap({ bundle: ca.certificate.slice(0, 100) }))
    expect(items[0]?.unreadable).toMatch(/cut off/)
  })
})
