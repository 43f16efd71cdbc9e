/** What a policy asks of a certificate. What is not mentioned is not judged. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { usage } from '../certificate/key.ts'
import { placed, ruled } from '../rule.ts'
import type { Rule } from '../rule.ts'
import { list, text } from '../schema.ts'
import { durationFrom, durationOf, isDurationCel } from '../texts.ts'
import { attribute, names } from './names.ts'
import { labelKey, labelValue } from './patterns.ts'
import { issuerPatterns } from './selector.ts'

const keyKind = z
  .object({
    algorithm: z.enum(['RSA', 'ECDSA', 'Ed25519']).meta({ description: 'The kind of key.' }),
    minSize: z
      .int()
      .min(0)
      .max(8192)
      .exactOptional()
      .meta({ description: 'The smallest size: bits for RSA, the curve for ECDSA. Without effect on Ed25519.' }),
    maxSize: z.int().min(0).max(8192).exactOptional().meta({ description: 'The largest size.' }),
  })
  .meta({ description: 'One kind of key that is allowed.' })

const keyOf = (kind: JsonObject): JsonObject => ({ rules: { privateKey: { allow: [kind] } } })

const sizesInOrder: Rule<z.output<typeof keyKind>> = {
  cel: '!has(self.minSize) || !has(self.maxSize) || self.minSize <= self.maxSize',
  holds: ({ minSize, maxSize }) => minSize === undefined || maxSize === undefined || minSize <= maxSize,
  message: 'minSize is greater than maxSize, which no key can fulfil.',
  accepts: [
    keyOf({ algorithm: 'RSA', minSize: 3072 }),
    keyOf({ algorithm: 'RSA', minSize: 3072, maxSize: 3072 }),
    keyOf({ algorithm: 'Ed25519' }),
  ],
  rejects: [keyOf({ algorithm: 'RSA', minSize: 4096, maxSize: 2048 })],
}

const privateKey = z
  .object({
    allow: list(ruled(keyKind, [sizesInOrder]), {
      max: 8,
      description: 'Kinds of keys that are allowed. All when not given.',
    }).exactOptional(),
    rotationPolicies: list(z.enum(['Always', 'Never']).meta({ description: 'A rotation policy that is allowed.' }), {
      max: 2,
      description: 'What rotationPolicy may be. Both when not given.',
    }).exactOptional(),
  })
  .meta({ description: 'The private key.' })

type SpanName = 'duration' | 'renewBefore'

const span = (name: SpanName, description: string) => {
  const end = (member: 'min' | 'max', said: string) =>
    ruled(
      text(32, said),
      placed(durationFrom('1s'), (value) => ({ rules: { [name]: { [member]: value } } })),
    ).exactOptional()
  const shape = z
    .object({ min: end('min', 'The least, for example 24h.'), max: end('max', 'The most, for example 2160h.') })
    .meta({ description })
  const inOrder: Rule<z.output<typeof shape>> = {
    cel: `!has(self.min) || !has(self.max) || !${isDurationCel('self.min')} || !${isDurationCel('self.max')} || duration(self.min) <= duration(self.max)`,
    holds: ({ min, max }) => {
      const from = min === undefined ? undefined : durationOf(min)
      const to = max === undefined ? undefined : durationOf(max)
      return from === undefined || to === undefined || from <= to
    },
    message: 'min is longer than max, which nothing can fulfil.',
    accepts: [
      { rules: { [name]: { min: '24h', max: '24h' } } },
      { rules: { [name]: { min: '90m', max: '2h' } } },
      { rules: { [name]: {} } },
    ],
    rejects: [{ rules: { [name]: { min: '48h', max: '24h' } } }],
  }
  return ruled(shape, [inOrder])
}

const percent = (description: string) => z.int().min(1).max(99).exactOptional().meta({ description })

const share = z
  .object({ min: percent('The least, in percent.'), max: percent('The most, in percent.') })
  .meta({ description: 'How much of the lifetime is left when the certificate is renewed, in percent.' })

const sharesInOrder: Rule<z.output<typeof share>> = {
  cel: '!has(self.min) || !has(self.max) || self.min <= self.max',
  holds: ({ min, max }) => min === undefined || max === undefined || min <= max,
  message: 'min is greater than max, which nothing can fulfil.',
  accepts: [{ rules: { renewBeforePercentage: { min: 20, max: 40 } } }, { rules: { renewBeforePercentage: {} } }],
  rejects: [{ rules: { renewBeforePercentage: { min: 40, max: 20 } } }],
}

const usages = z
  .object({
    allow: list(usage, { max: 32, description: 'Usages that are allowed. All when not given.' }).exactOptional(),
    require: list(usage, { max: 32, description: 'Usages that must be there.' }).exactOptional(),
  })
  .meta({ description: 'What the key may be used for.' })

const subject = z
  .object({
    organizations: attribute('Organizations (O).').exactOptional(),
    countries: attribute('Countries (C).').exactOptional(),
    organizationalUnits: attribute('Organizational units (OU).').exactOptional(),
    localities: attribute('Cities (L).').exactOptional(),
    provinces: attribute('States or provinces (ST).').exactOptional(),
    streetAddresses: attribute('Street addresses (STREET).').exactOptional(),
    postalCodes: attribute('Postal codes.').exactOptional(),
    serialNumber: attribute('The serial number of the subject.').exactOptional(),
  })
  .meta({ description: 'Parts of the subject besides the common name.' })

const keystores = z
  .object({
    allow: list(z.enum(['JKS', 'PKCS12']).meta({ description: 'A kind of keystore.' }), {
      max: 2,
      description: 'Keystores that are allowed; an empty list allows none. Both when not given.',
    }).exactOptional(),
    pkcs12Profiles: list(
      z.enum(['LegacyRC2', 'LegacyDES', 'Modern2023', 'Modern2026']).meta({ description: 'A profile of PKCS#12.' }),
      { max: 4, description: 'Profiles of PKCS#12 that are allowed. All when not given.' },
    ).exactOptional(),
  })
  .meta({ description: 'Keystores in the Secret.' })

const requiredLabel = z
  .object({
    key: ruled(
      text(317, 'The key of the label.'),
      placed(labelKey, (key) => ({ rules: { labels: [{ key }] } })),
    ),
    values: list(
      ruled(
        z.string().max(63).meta({ description: 'A value that is allowed.' }),
        placed(labelValue, (value) => ({ rules: { labels: [{ key: 'team', values: [value] }] } })),
      ),
      { max: 64, description: 'Values that are allowed. Any when not given.' },
    ).exactOptional(),
  })
  .meta({ description: 'A label that the Certificate must have.' })

const issuersAt = (member: 'allow' | 'deny', description: string) =>
  issuerPatterns((value) => ({ rules: { issuers: { [member]: [value] } } }), description).exactOptional()

export const rules = z
  .object({
    issuers: z
      .object({
        allow: issuersAt('allow', 'Issuers that are allowed, first or to fall back to. All when not given.'),
        deny: issuersAt('deny', 'Issuers that are not allowed, whatever else says so.'),
      })
      .exactOptional()
      .meta({ description: 'Where the certificate comes from.' }),
    privateKey: privateKey.exactOptional(),
    signatureHashes: list(
      z.enum(['sha256', 'sha384', 'sha512', 'none']).meta({ description: 'A hash; none is that of Ed25519.' }),
      {
        max: 4,
        description:
          'What the certificate may be signed with, and the request where signatureAlgorithm is given. All that are not weak when not given.',
      },
    ).exactOptional(),
    duration: span('duration', 'How long the certificate lives.').exactOptional(),
    renewBefore: span('renewBefore', 'How long before its end it is renewed.').exactOptional(),
    renewBeforePercentage: ruled(share, [sharesInOrder]).exactOptional(),
    names: names.exactOptional(),
    usages: usages.exactOptional(),
    isCA: z
      .boolean()
      .exactOptional()
      .meta({ description: 'False: no certificate of a CA. True: nothing else. Either when not given.' }),
    subject: subject.exactOptional(),
    keystores: keystores.exactOptional(),
    labels: list(requiredLabel, { max: 16, description: 'Labels that the Certificate must have.' }).exactOptional(),
  })
  .meta({ description: 'What a certificate must be. What is not mentioned is not judged.' })
