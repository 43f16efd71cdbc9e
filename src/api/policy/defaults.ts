/** What a policy says where a Certificate is silent. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { usage } from '../certificate/key.ts'
import { placed, ruled } from '../rule.ts'
import type { Rule } from '../rule.ts'
import { list, text } from '../schema.ts'
import { durationFrom } from '../texts.ts'

const sizes: Readonly<Record<string, (size: number) => boolean>> = {
  RSA: (size) => size >= 2048,
  ECDSA: (size) => [256, 384, 521].includes(size),
  Ed25519: () => true,
}

const keyOf = (privateKey: JsonObject): JsonObject => ({ defaults: { privateKey } })

const privateKey = z
  .object({
    algorithm: z.enum(['RSA', 'ECDSA', 'Ed25519']).exactOptional().meta({ description: 'The kind of key.' }),
    size: z.int().min(0).max(8192).exactOptional().meta({
      description: 'The size of the key; used only together with algorithm, where the Certificate gives neither.',
    }),
    rotationPolicy: z
      .enum(['Always', 'Never'])
      .exactOptional()
      .meta({ description: 'Whether each certificate gets a new key.' }),
  })
  .meta({ description: 'The private key.' })

const sizeFits: Rule<z.output<typeof privateKey>> = {
  cel: "!has(self.size) || (has(self.algorithm) && (self.algorithm == 'Ed25519' || (self.algorithm == 'ECDSA' ? self.size in [256, 384, 521] : self.size >= 2048)))",
  holds: ({ algorithm, size }) => size === undefined || (algorithm !== undefined && sizes[algorithm]?.(size) === true),
  message:
    'The size does not fit the algorithm, which stands beside it: RSA takes 2048 to 8192, ECDSA 256, 384 or 521.',
  field: 'size',
  accepts: [
    keyOf({ algorithm: 'RSA', size: 3072 }),
    keyOf({ algorithm: 'ECDSA', size: 384 }),
    keyOf({ algorithm: 'Ed25519', size: 0 }),
    keyOf({ rotationPolicy: 'Always' }),
  ],
  rejects: [keyOf({ size: 3072 }), keyOf({ algorithm: 'ECDSA', size: 2048 }), keyOf({ algorithm: 'RSA', size: 1024 })],
}

const values = (description: string) =>
  list(text(128, 'One value of the attribute.'), { max: 16, description }).exactOptional()

const subject = z
  .object({
    organizations: values('Organizations (O).'),
    countries: values('Countries (C), two letters each.'),
    organizationalUnits: values('Organizational units (OU).'),
    localities: values('Cities (L).'),
    provinces: values('States or provinces (ST).'),
    streetAddresses: values('Street addresses (STREET).'),
    postalCodes: values('Postal codes.'),
  })
  .meta({ description: 'Parts of the subject, each where the Certificate does not give it and has no literalSubject.' })

const members = z
  .object({
    duration: ruled(
      text(32, 'How long the certificate lives.'),
      placed(durationFrom('1m'), (duration) => ({ defaults: { duration } })),
    ).exactOptional(),
    renewBefore: ruled(
      text(32, 'How long before its end it is renewed.'),
      placed(durationFrom('1s'), (renewBefore) => ({ defaults: { renewBefore } })),
    ).exactOptional(),
    renewBeforePercentage: z
      .int()
      .min(1)
      .max(99)
      .exactOptional()
      .meta({ description: 'The same as a share of the lifetime.' }),
    privateKey: ruled(privateKey, [sizeFits]).exactOptional(),
    usages: list(usage, { max: 32, description: 'What the key may be used for.' }).exactOptional(),
    subject: subject.exactOptional(),
  })
  .meta({
    description:
      'What holds where the Certificate is silent, in Enforce. Where several policies speak of one field, the first by name decides. Changes take effect with the next renewal.',
  })

const oneRenewal: Rule<z.output<typeof members>> = {
  cel: '!has(self.renewBefore) || !has(self.renewBeforePercentage)',
  holds: ({ renewBefore, renewBeforePercentage }) => renewBefore === undefined || renewBeforePercentage === undefined,
  message: 'Renewal is said twice: keep renewBefore or renewBeforePercentage.',
  accepts: [{ defaults: { renewBefore: '24h' } }, { defaults: { renewBeforePercentage: 30 } }],
  rejects: [{ defaults: { renewBefore: '24h', renewBeforePercentage: 30 } }],
}

export const defaults = ruled(members, [oneRenewal])
