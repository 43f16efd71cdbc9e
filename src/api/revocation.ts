/**
 * CertificateRevocation: revoke one certificate at the CA that issued it. An order that is carried out once; it stays as the
 * record of what was done.
 */
import { z } from 'zod'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DeepReadonly } from '../std/readonly.ts'
import { ageColumn, messageColumn, readyColumn } from './kind.ts'
import type { Kind } from './kind.ts'
import { conditions, group, issuerRef, nameOf, observedGeneration, version } from './meta.ts'
import type { KubeObject } from './meta.ts'
import { parseSpec } from './parse.ts'
import { matching, placed, ruled } from './rule.ts'
import type { Rule } from './rule.ts'
import { text, timestamp } from './schema.ts'
import { durationFrom } from './texts.ts'

const pemHead = '-----BEGIN CERTIFICATE-----'
const samplePem = `${pemHead}\nMIIB\n-----END CERTIFICATE-----\n`

/** A merge patch that makes the target of the example another one. */
const aimed = (target: Record<string, string>): Record<string, string | null> => ({ certificateRef: null, ...target })

const pem = [
  {
    cel: `self.startsWith('${pemHead}')`,
    holds: (value: string) => value.startsWith(pemHead),
    message: `This is not a certificate in PEM: it starts with ${pemHead}.`,
    accepts: [samplePem],
    rejects: ['MIIB', '-----BEGIN PRIVATE KEY-----'],
  },
]

const serial = [
  matching(/^[0-9A-Fa-f]{1,40}$/, {
    message: 'This is not a serial number; write it in hexadecimal without colons, as status.serialNumber shows it.',
    accepts: ['0a1b2c', '04D2'],
    rejects: ['0a:1b', '0x1234', 'serial'],
  }),
]

/** RFC 5280 section 5.3.1, without removeFromCRL and aACompromise, which no certificate of ours can have. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
] as const

const targets = ['certificateRef', 'secretRef', 'serialNumber', 'certificate'] as const

const named = (member: 'certificateRef' | 'secretRef', description: string) =>
  z
    .object({ name: nameOf((name) => ({ certificateRef: null, [member]: { name } }), 'The name, in this namespace.') })
    .meta({ description })

const spec = z
  .object({
    certificateRef: named(
      'certificateRef',
      'A Certificate: what its Secret holds when this order is first looked at is revoked.',
    ).exactOptional(),
    secretRef: named('secretRef', 'A Secret with the certificate in tls.crt, whoever made it.').exactOptional(),
    serialNumber: ruled(
      text(40, 'The serial number, in hexadecimal, of a certificate in a Secret that Perennial writes.'),
      placed(serial, (serialNumber) => aimed({ serialNumber })),
    ).exactOptional(),
    certificate: ruled(
      text(65_536, 'The certificate itself in PEM, for one that is no longer in the cluster.'),
      placed(pem, (certificate) => ({ ...aimed({ certificate }), issuerRef: { name: 'ca' } })),
    ).exactOptional(),
    issuerRef: issuerRef(
      (ref) => ({ issuerRef: ref }),
      'The issuer that is asked to revoke. The one that issued the certificate when not given. Where the protocol of that one cannot revoke, name another issuer of the same CA.',
    ).exactOptional(),
    reason: z.enum(revocationReasons).exactOptional().meta({
      description: 'Why, in the words of RFC 5280. unspecified when not given.',
    }),
    reissue: z.enum(['Never', 'First']).exactOptional().meta({
      description:
        'First: have the Certificate that holds it renewed with a new key, and revoke once the successor is in place. Never when not given.',
    }),
    inUse: z.enum(['Revoke', 'Wait']).exactOptional().meta({
      description:
        'What to do while a Secret that Perennial writes still holds the certificate: Revoke it all the same, or Wait until it does not. Revoke when not given.',
    }),
    notBefore: timestamp('Not to be revoked before this moment. At once when not given.').exactOptional(),
    ttlAfterRevoked: ruled(
      text(32, 'How long this object is kept once all is done, for example 168h. For ever when not given.'),
      placed(durationFrom('1s'), (ttlAfterRevoked) => ({ ttlAfterRevoked })),
    ).exactOptional(),
  })
  .meta({ description: 'Which certificate to revoke, where, and why.' })

type SpecOutput = z.output<typeof spec>

const oneTarget: Rule<SpecOutput> = {
  cel: `[${targets.map((name) => `has(self.${name})`).join(', ')}].filter(isSet, isSet).size() == 1`,
  holds: (value) => targets.filter((name) => value[name] !== undefined).length === 1,
  message: `Name one certificate in one way: set one of ${targets.join(', ')}.`,
  accepts: [aimed({ serialNumber: '0a' })],
  rejects: [{ serialNumber: '0a' }, aimed({})],
}

const issuerOfPem: Rule<SpecOutput> = {
  cel: '!has(self.certificate) || has(self.issuerRef)',
  holds: (value) => value.certificate === undefined || value.issuerRef !== undefined,
  message: 'A certificate that is given as PEM does not say which issuer made it: set issuerRef.',
  accepts: [{ ...aimed({ certificate: samplePem }), issuerRef: { name: 'ca' } }],
  rejects: [aimed({ certificate: samplePem })],
}

const target = z
  .object({
    serialNumber: text(64, 'Its serial number, in hexadecimal.'),
    sha256Fingerprint: text(64, 'Its SHA-256 fingerprint, in hexadecimal.'),
    notAfter: timestamp('When it expires.'),
    certificate: text(
      65_536,
      'The certificate itself in PEM, so that it can be revoked when nobody holds it any more.',
    ),
    proven: z.boolean().exactOptional().meta({
      description: 'Whether it was found beside its private key, which shows that it is of this namespace.',
    }),
    certificateName: text(253, 'The Certificate that it was issued for, where that is known.').exactOptional(),
    issuerRef: issuerRef((ref) => ({ issuerRef: ref }), 'The issuer that issued it.').exactOptional(),
  })
  .meta({ description: 'The certificate that this order is about, from the moment that it was found.' })

const status = z
  .object({
    conditions: conditions.exactOptional(),
    observedGeneration: observedGeneration.exactOptional(),
    target: target.exactOptional(),
    revokedAt: timestamp('When the CA said that it is revoked.').exactOptional(),
    attempts: z.int().min(0).exactOptional().meta({ description: 'How often the CA was asked.' }),
    nextAttempt: timestamp('When the CA is asked again.').exactOptional(),
  })
  .meta({ description: 'What became of the order. Written by Perennial alone.' })

const schema = z.object({ spec: ruled(spec, [oneTarget, issuerOfPem]), status: status.exactOptional() })

export type RevocationSpec = DeepReadonly<SpecOutput>
export type RevocationStatus = DeepReadonly<z.output<typeof status>>
export type RevocationTarget = DeepReadonly<z.output<typeof target>>

export interface CertificateRevocation extends KubeObject {
  readonly spec: RevocationSpec
  readonly status?: RevocationStatus
}

export const revocationKind: Kind = {
  group,
  version,
  kind: 'CertificateRevocation',
  plural: 'certificaterevocations',
  singular: 'certificaterevocation',
  shortNames: ['certrev'],
  categories: ['perennial'],
  namespaced: true,
  description: 'An order to revoke one certificate at its CA, and the record of what became of it.',
  columns: [
    { ...readyColumn, name: 'Revoked', description: 'Whether the CA has revoked it.' },
    { name: 'Serial', path: '.status.target.serialNumber', description: 'The serial number.', type: 'string' },
    { name: 'Certificate', path: '.status.target.certificateName', description: 'Whose it was.', type: 'string' },
    { name: 'Reason', path: '.spec.reason', description: 'Why it is revoked.', type: 'string' },
    ageColumn,
    messageColumn,
  ],
  selectableFields: [],
  schema,
  example: { certificateRef: { name: 'web' } },
}

/**
 * Reads a CertificateRevocation that came from outside. Never throws.
 *
 * @returns the order, its status left out where it cannot be understood; or a sentence that names the path of what is wrong
 */
export function parseRevocation(object: unknown): Result<CertificateRevocation, string> {
  const parsed = parseSpec(object, schema.shape.spec)
  if (!parsed.ok) return parsed
  const parsedStatus = status.safeParse(parsed.value.status)
  const { base, spec: parsedSpec } = parsed.value
  return ok({ ...base, spec: parsedSpec, ...(parsedStatus.success ? { status: parsedStatus.data } : {}) })
}
