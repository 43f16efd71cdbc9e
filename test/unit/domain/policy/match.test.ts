import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fitsDns, fitsEmail, fitsRange, fitsText, fitsUri } from '../../../../src/domain/policy/match.ts'
import type { Fit } from '../../../../src/domain/policy/match.ts'

type Row = readonly [pattern: string, value: string, covers: boolean, overlaps: boolean]

const fitsOf = (
  fits: (pattern: string, value: string, fit: Fit) => boolean,
  [pattern, value]: readonly [string, string],
): { covers: boolean; overlaps: boolean } => ({
  covers: fits(pattern, value, 'covers'),
  overlaps: fits(pattern, value, 'overlaps'),
})

describe('a pattern for DNS names', () => {
  const rows: readonly Row[] = [
    ['www.example.com', 'www.example.com', true, true],
    ['www.example.com', 'WWW.Example.COM', true, true],
    ['www.example.com', 'api.example.com', false, false],
    ['www.example.com', 'www.example.com.evil.org', false, false],
    ['*.example.com', 'www.example.com', true, true],
    ['*.example.com', 'example.com', false, false],
    ['*.example.com', 'a.b.example.com', false, false],
    ['*.example.com', 'evilexample.com', false, false],
    ['.example.com', 'www.example.com', true, true],
    ['.example.com', 'a.b.example.com', true, true],
    ['.example.com', 'example.com', false, false],
    ['.example.com', 'evilexample.com', false, false],
    ['web-*.example.com', 'web-1.example.com', true, true],
    ['web-*.example.com', 'web-.example.com', true, true],
    ['web-*.example.com', 'web-1.evil.org.example.com', false, false],
    ['*', 'anything.example.org', true, true],
    ['*', '*.example.org', true, true],
    // A wildcard in the name stands for any label.
    ['*.example.com', '*.example.com', true, true],
    ['.example.com', '*.example.com', true, true],
    ['.example.com', '*.com', false, false],
    ['admin.example.com', '*.example.com', false, true],
    ['web-*.example.com', '*.example.com', false, true],
    ['.secret.example.com', '*.example.com', false, false],
    ['.secret.example.com', '*.secret.example.com', true, true],
  ]

  it.each(rows)('%s holds %s: to allow %s, to deny %s', (pattern, value, covers, overlaps) => {
    expect(fitsOf(fitsDns, [pattern, value])).toEqual({ covers, overlaps })
  })

  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))

  it('that covers a wildcard covers every name that it serves', () => {
    const pattern = fc.tuple(fc.constantFrom('', '.', '*.'), name).map(([head, rest]) => `${head}${rest}`)
    fc.assert(
      fc.property(pattern, name, label, (one, rest, first) => {
        if (fitsDns(one, `*.${rest}`, 'covers')) expect(fitsDns(one, `${first}.${rest}`, 'covers')).toBe(true)
      }),
    )
  })

  it('that covers one of the names a wildcard serves overlaps the wildcard', () => {
    fc.assert(
      fc.property(name, label, (rest, first) => {
        expect(fitsDns(`${first}.${rest}`, `*.${rest}`, 'overlaps')).toBe(true)
      }),
    )
  })
})

describe('a pattern for e-mail addresses', () => {
  const rows: readonly Row[] = [
    ['name@example.com', 'name@example.com', true, true],
    ['name@example.com', 'name@EXAMPLE.com', true, true],
    ['name@example.com', 'Name@example.com', false, true],
    ['*@example.com', 'anybody@example.com', true, true],
    ['*@example.com', 'anybody@sub.example.com', false, false],
    ['*@example.com', 'evil@evil.org', false, false],
    ['*@*.example.com', 'a@b.example.com', true, true],
    ['*@example.com', 'a@evil.org@example.com', true, true],
    ['*@example.com', 'no address', false, false],
    // Neither is an address of which the other half is empty.
    ['@example.com', 'example.com', false, false],
    ['example.com', '@example.com', false, false],
  ]

  it.each(rows)('%s holds %s: to allow %s, to deny %s', (pattern, value, covers, overlaps) => {
    expect(fitsOf(fitsEmail, [pattern, value])).toEqual({ covers, overlaps })
  })
})

describe('a pattern for URIs', () => {
  const rows: readonly Row[] = [
    ['spiffe://cluster.local/ns/web', 'spiffe://cluster.local/ns/web', true, true],
    ['spiffe://cluster.local/ns/*/sa/web', 'spiffe://cluster.local/ns/team/sa/web', true, true],
    ['spiffe://cluster.local/ns/*/sa/web', 'spiffe://cluster.local/ns/a/b/sa/web', false, false],
    ['spiffe://cluster.local/ns/*', 'spiffe://cluster.local/ns/a/sa/b', false, false],
    ['spiffe://cluster.local/**', 'spiffe://cluster.local/ns/a/sa/b', true, true],
    ['spiffe://cluster.local/**', 'spiffe://cluster.local', false, false],
    ['spiffe://cluster.local/ns/we**', 'spiffe://cluster.local/ns/web/x', true, true],
    ['spiffe://*.example.com/**', 'spiffe://evil.org/.example.com/x', false, false],
    ['https://*.example.com/**', 'https://evil.org#.example.com/x', false, false],
    ['https://*.example.com/**', 'https://evil.org?.example.com/x', false, false],
    ['spiffe://A/b', 'spiffe://a/b', false, true],
    ['urn:uuid:*', 'urn:uuid:6e8bc430', true, true],
  ]

  it.each(rows)('%s holds %s: to allow %s, to deny %s', (pattern, value, covers, overlaps) => {
    expect(fitsOf(fitsUri, [pattern, value])).toEqual({ covers, overlaps })
  })
})

describe('a range of addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/9', '10.128.0.1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['192.0.2.1/32', '192.0.2.2', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '192.0.2.1', false],
    ['10.0.0.0/8', '::ffff:a00:1', true],
    ['10.0.0.0/8', 'no address', false],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(fitsRange(range, address)).toBe(expected)
  })
})

describe('a text with asterisks', () => {
  /** The obvious reading, which may run long. */
  const obvious = (pattern: string, text: string): boolean =>
    new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's').test(text)

  it('is matched as a regular expression would', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
    fc.assert(
      fc.property(short, text, (pattern, value) => {
        expect(fitsText(pattern, value)).toBe(obvious(pattern, value))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes one pass, where backtracking would never end', () => {
    expect(fitsText(`${'*a'.repeat(120)}b`, 'a'.repeat(4096))).toBe(false)
  })
})
