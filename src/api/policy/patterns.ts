/** What policies write instead of names: every pattern can be matched in one pass, so that none can run long. */
import { matching } from '../rule.ts'
import type { TextRule } from '../rule.ts'

/** How `*` and a dot in front are read is told in `domain/policy/match.ts`. */
export const dnsPattern: readonly TextRule[] = [
  matching(/^([*]|[.]?[A-Za-z0-9*-]+([.][A-Za-z0-9*-]+)*)$/, {
    message:
      'This is not a pattern for DNS names: write www.example.com for one name, *.example.com for one label in front, .example.com for all names below, * for any name.',
    accepts: ['www.example.com', '*.example.com', '.example.com', 'web-*.example.com', '*', 'xn--bcher-kva.example'],
    rejects: ['a..example', 'example.com.', 'https://example.com', 'a b.example', '^web.*$', 'web_1.example'],
  }),
]

export const emailPattern: readonly TextRule[] = [
  matching(/^[!-?A-~]+@[A-Za-z0-9.*-]+$/, {
    message:
      'This is not a pattern for e-mail addresses: write name@example.com, or *@example.com for every address of a domain.',
    accepts: ['name@example.com', '*@example.com', '*@*.example.com'],
    rejects: ['example.com', 'a b@example.com', 'a@b@example.com', 'name@', '@example.com'],
  }),
]

export const uriPattern: readonly TextRule[] = [
  matching(/^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$/, {
    message:
      'This is not a pattern for URIs: it begins with a scheme, as in spiffe://cluster.local/ns/*/sa/web, and has no blanks and no characters outside ASCII.',
    accepts: ['spiffe://cluster.local/ns/*/sa/web', 'spiffe://cluster.local/**', 'urn:uuid:*'],
    rejects: ['cluster.local/ns', '*://example.com', 'https://exa mple.com', '**'],
  }),
  {
    cel: "!self.matches('[*][*].')",
    holds: (pattern) => !/[*][*]./.test(pattern),
    message: 'Two asterisks stand for everything that follows, so they stand at the end only; use one within a part.',
    accepts: ['spiffe://a/**', 'spiffe://a/*/b'],
    rejects: ['spiffe://**/b', 'spiffe://a/***', 'spiffe://a/**/b'],
  },
]

export const namePattern: readonly TextRule[] = [
  matching(/^([*]|[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?([.][a-z0-9*]([a-z0-9*-]*[a-z0-9*])?)*)$/, {
    message: 'This is not a pattern for names of objects: write ca, or team-* for all names that begin so.',
    accepts: ['ca', 'team-*', '*', '*-internal', 'a.b'],
    rejects: ['Team', 'team/ca', 'team_ca', '-ca', ''],
  }),
]

/** An optional DNS subdomain and a slash, then up to 63 characters. */
export const labelKey: readonly TextRule[] = [
  matching(/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, {
    message:
      'The key of a label is a name of at most 63 letters, digits, hyphens, underscores and dots, with an optional domain and a slash in front, for example example.com/team.',
    accepts: ['team', 'example.com/team', 'kubernetes.io/metadata.name'],
    rejects: ['te am', '/team', 'example.com/', 'a/b/c', '-a'],
  }),
]

export const labelValue: readonly TextRule[] = [
  matching(/^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/, {
    message:
      'The value of a label is empty, or letters, digits, hyphens, underscores and dots with a letter or digit at both ends.',
    accepts: ['', 'web', 'a_b.c-d'],
    rejects: ['a b', 'web-', '.', 'a/b'],
  }),
]
