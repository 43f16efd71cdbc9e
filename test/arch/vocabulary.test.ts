import { describe, expect, it } from '@jest/globals'
import { nodesOf, sourcesIn } from './source.ts'
import type { Source } from './source.ts'

/** Code that serves every protocol alike asks the table of protocols, and never asks which one it has before it. */
const shared = sourcesIn('src').filter(
  ({ path }) => !/^src\/(?:enroll\/(?:table\.ts|[^/]+\/)|api\/issuer|settings\.ts)/.test(path),
)

/** `ca` and `selfSigned` are words of every PKI, so only the four wire protocols are looked for. */
const namesProtocol = (text: unknown): text is string =>
  typeof text === 'string' && /acme|scep|cmp(?![a-z])|\best\b/i.test(text)

function mentions(source: Source): readonly string[] {
  const texts = nodesOf(source, ['StringLiteral', 'TemplateElement', 'Identifier'])
  return texts
    .map(({ node, first }) => ({ word: node['value'] ?? node['raw'], first }))
    .filter(({ word }) => namesProtocol(word))
    .map(({ word, first }) => `${source.path}:${first} names ${String(word)}`)
}

/** Where a protocol's name is part of something that everybody shares. */
const agreedPlaces: readonly RegExp[] = [
  // The path under which HTTP-01 answers are asked for (RFC 8555, section 8.3).
  /^src\/controllers\/challenge\/(?:responder|board)\.ts:\d+ names .*\/\.well-known\/acme-challenge\//,
  // The protocol that TLS-ALPN-01 negotiates (RFC 8737, section 6.2).
  /^src\/controllers\/challenge\/alpn\.ts:\d+ names acme-tls\/1$/,
  // Annotations that other software made known.
  /^src\/domain\/ingress\/vocabulary\.ts:\d+ names (?:kubernetes\.io\/tls-acme|acme\.cert-manager\.io\/)$/,
  // A sample URL of a rule.
  /^src\/api\/texts\.ts:\d+ names https:\/\//,
]

describe('shared code', () => {
  it('names no protocol', () => {
    const found = shared.flatMap(mentions)
    expect(found.filter((one) => !agreedPlaces.some((pattern) => pattern.test(one)))).toEqual([])
  })

  it('is called what it is, not Manager, Helper, Util, Service or Impl', () => {
    const declared = sourcesIn('src', 'scripts', 'bench', 'battery', 'demo').flatMap((source) =>
      nodesOf(source, [
        'ClassDeclaration',
        'TsInterfaceDeclaration',
        'TsTypeAliasDeclaration',
        'FunctionDeclaration',
      ]).map(({ node, first }) => {
        const { identifier, id } = node as { readonly identifier?: Name; readonly id?: Name }
        return `${source.path}:${first} ${(identifier ?? id)?.value ?? ''}`
      }),
    )
    expect(declared.filter((name) => /(?:Manager|Helper|Helpers|Util|Utils|Service|Impl)$/.test(name))).toEqual([])
    expect(declared.length).toBeGreaterThan(100)
  })
})

interface Name {
  readonly value: string
}
