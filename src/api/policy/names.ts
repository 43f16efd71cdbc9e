/** Rules on the names that a certificate may carry. */
import { z } from 'zod'
import { placed, ruled } from '../rule.ts'
import type { TextRule } from '../rule.ts'
import { list, text } from '../schema.ts'
import { ipRange, objectIdentifier } from '../texts.ts'
import { dnsPattern, emailPattern, uriPattern } from './patterns.ts'

const mostPatterns = 64

type NameKind = 'dns' | 'ips' | 'emails' | 'uris' | 'otherNames'

const patterns = (
  kind: NameKind,
  member: 'allow' | 'deny',
  { max, rules, what }: { max: number; rules: readonly TextRule[]; what: string },
) =>
  list(
    ruled(
      text(max, `${what}.`),
      placed(rules, (pattern) => ({ rules: { names: { [kind]: { [member]: [pattern] } } } })),
    ),
    {
      max: mostPatterns,
      description:
        member === 'allow'
          ? 'What is allowed; an empty list allows none of this kind. Everything when not given.'
          : 'What is not allowed, whatever else says so.',
    },
  ).exactOptional()

const allowAndDeny = (kind: NameKind, how: { max: number; rules: readonly TextRule[]; what: string }) => ({
  allow: patterns(kind, 'allow', how),
  deny: patterns(kind, 'deny', how),
})

const dns = z
  .object({
    ...allowAndDeny('dns', {
      max: 253,
      rules: dnsPattern,
      what: 'A DNS name, with * for any characters of a label, or with a dot in front for all names below it',
    }),
    wildcards: z
      .enum(['Allow', 'Deny'])
      .exactOptional()
      .meta({ description: 'Whether names such as *.example.com may be asked for. Allow when not given.' }),
  })
  .meta({ description: 'DNS names. A common name that reads as one is held to this as well.' })

const ips = z
  .object(allowAndDeny('ips', { max: 49, rules: ipRange, what: 'A range of addresses, such as 10.0.0.0/8' }))
  .meta({ description: 'IP addresses. A common name that is one is held to this as well.' })

const emails = z
  .object(
    allowAndDeny('emails', { max: 254, rules: emailPattern, what: 'An address, with * for any characters but @' }),
  )
  .meta({ description: 'E-mail addresses.' })

const uris = z
  .object(
    allowAndDeny('uris', {
      max: 512,
      rules: uriPattern,
      what: 'A URI, with * for any characters up to the next /, ? or #, and ** at the end for all that follows',
    }),
  )
  .meta({ description: 'URIs.' })

const otherNames = z
  .object(allowAndDeny('otherNames', { max: 256, rules: objectIdentifier, what: 'An object identifier' }))
  .meta({ description: 'Other names, by their object identifier.' })

/** An attribute of the subject: what it may say, and whether it must be there. */
export const attribute = (description: string) =>
  z
    .object({
      allow: list(text(256, 'A value; * stands for any characters.'), {
        max: mostPatterns,
        description: 'Values that are allowed; an empty list allows none. All when not given.',
      }).exactOptional(),
      deny: list(text(256, 'A value; * stands for any characters.'), {
        max: mostPatterns,
        description: 'Values that are not allowed, whatever else says so.',
      }).exactOptional(),
      presence: z
        .enum(['Required', 'Forbidden'])
        .exactOptional()
        .meta({ description: 'Whether it must be there, or must not. Neither when not given.' }),
    })
    .meta({ description })

export const names = z
  .object({
    most: z
      .int()
      .min(1)
      .max(4000)
      .exactOptional()
      .meta({ description: 'How many alternative names there may be altogether.' }),
    dns: dns.exactOptional(),
    ips: ips.exactOptional(),
    emails: emails.exactOptional(),
    uris: uris.exactOptional(),
    otherNames: otherNames.exactOptional(),
    commonName: attribute('The common name of the subject (CN), upper and lower case alike.').exactOptional(),
  })
  .meta({ description: 'Names. Kinds of names that are not mentioned here are not judged.' })
