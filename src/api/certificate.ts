/**
 * The Certificate: a wish for a certificate in a Secret. Names and meanings of fields are those of cert-manager.io/v1 wherever
 * it has the field, so that a manifest moves over by changing its apiVersion.
 *
 * The schema fills in only the kind and group of issuerRef, which columns and field selectors show. All other defaults are
 * applied where the wish is read, so that a field the user left out can still be told from one that was set.
 */
import { z } from 'zod'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DeepReadonly } from '../std/readonly.ts'
import { privateKey, signatureAlgorithm, usage } from './certificate/key.ts'
import * as names from './certificate/names.ts'
import { additionalOutputFormats, keystores, secretTemplate } from './certificate/outputs.ts'
import { certificateRules } from './certificate/rules.ts'
import { certificateStatus } from './certificate/status.ts'
import type { enrollmentTicket } from './certificate/status.ts'
import { ageColumn, messageColumn, readyColumn } from './kind.ts'
import type { Kind } from './kind.ts'
import { group, issuerRef, nameOf, version } from './meta.ts'
import type { KubeObject } from './meta.ts'
import { checkSpec, parseSpec } from './parse.ts'
import { placed, ruled } from './rule.ts'
import { list, text } from './schema.ts'
import { durationFrom } from './texts.ts'
import { renewalWindows } from './windows.ts'

const duration = ruled(
  text(
    32,
    'How long the certificate shall live, for example 2160h or 5m. 2160h (90 days) when not given. CAs may decide otherwise; renewal follows what was really issued.',
  ),
  placed(durationFrom('1m'), (value) => ({ duration: value })),
)

const renewBefore = ruled(
  text(
    32,
    'How long before expiry the certificate is renewed, for example 720h. A third of its lifetime when not given.',
  ),
  placed(durationFrom('1s'), (value) => ({
    duration: '876000h',
    renewBefore: value === '876000h' ? '875999h' : value,
  })),
)

const revocationPolicy = z
  .object({
    onDelete: z.enum(['Revoke', 'Ignore']).exactOptional().meta({
      description: 'Whether the certificate is revoked when the Certificate is deleted. Ignore when not given.',
    }),
    onSupersede: z
      .object({
        after: ruled(
          text(32, 'How long the successor must have been in place, for example 24h.'),
          placed(durationFrom('1s'), (after) => ({ revocationPolicy: { onSupersede: { after } } })),
        ),
      })
      .exactOptional()
      .meta({ description: 'Revoke a certificate that has been replaced, after a delay. Not revoked when not given.' }),
    issuerRef: issuerRef(
      (ref) => ({ revocationPolicy: { issuerRef: ref } }),
      'The issuer that is asked to revoke what came from spec.issuerRef, where the protocol of that one cannot: another issuer of the same CA. The one that issued when not given.',
    ).exactOptional(),
  })
  .meta({ description: 'When to revoke certificates by itself. Never when not given.' })

const spec = z
  .object({
    secretName: nameOf(
      (secretName) => ({ secretName }),
      'The Secret that key and certificate are written into. A Secret that is not ours is never overwritten.',
    ),
    issuerRef: issuerRef((ref) => ({ issuerRef: ref }), 'The issuer to get the certificate from.'),
    fallbackIssuerRefs: list(
      issuerRef((ref) => ({ fallbackIssuerRefs: [ref] }), 'An issuer to fall back to.'),
      {
        max: 8,
        description:
          'Issuers that are asked, in order of preference, while those before them are down or refuse for reasons of their own. They may speak any protocol. The next renewal begins with issuerRef again.',
      },
    ).exactOptional(),
    commonName: names.commonName.exactOptional(),
    subject: names.subject.exactOptional(),
    literalSubject: names.literalSubject.exactOptional(),
    dnsNames: names.dnsNames.exactOptional(),
    ipAddresses: names.ipAddresses.exactOptional(),
    uris: names.uris.exactOptional(),
    emailAddresses: names.emailAddresses.exactOptional(),
    otherNames: names.otherNames.exactOptional(),
    nameConstraints: names.nameConstraints.exactOptional(),
    duration: duration.exactOptional(),
    renewBefore: renewBefore.exactOptional(),
    renewBeforePercentage: z
      .int()
      .min(1)
      .max(99)
      .exactOptional()
      .meta({ description: 'The same as a share: renew when this many percent of the issued lifetime are left.' }),
    renewalWindows: renewalWindows(
      'When the certificate is renewed, where it can wait: a window is waited for while a tenth of its lifetime is left at least. Those of the issuer when not given; at any time where there are none, or the list is empty.',
    ).exactOptional(),
    usages: list(usage, {
      max: 32,
      description: 'What the key may be used for. "digital signature" and "key encipherment" when not given.',
    }).exactOptional(),
    encodeUsagesInRequest: z
      .boolean()
      .exactOptional()
      .meta({ description: 'Whether the request names the usages. True when not given.' }),
    isCA: z
      .boolean()
      .exactOptional()
      .meta({ description: 'Whether the certificate is a CA; adds the usage "cert sign". False when not given.' }),
    privateKey: privateKey.exactOptional(),
    signatureAlgorithm: signatureAlgorithm.exactOptional(),
    keystores: keystores.exactOptional(),
    additionalOutputFormats: additionalOutputFormats.exactOptional(),
    secretTemplate: secretTemplate.exactOptional(),
    revisionHistoryLimit: z.int().min(1).max(2147483647).exactOptional().meta({
      description: 'Accepted so that manifests of cert-manager apply; has no effect, because there are no revisions.',
    }),
    deletionPolicy: z
      .enum(['Retain', 'Delete'])
      .exactOptional()
      .meta({ description: 'What happens to the Secret when the Certificate is deleted. Retain when not given.' }),
    revocationPolicy: revocationPolicy.exactOptional(),
  })
  .meta({ description: 'What certificate is wished for, and how it is kept.' })

const certificateSchema = z.object({
  spec: ruled(spec, certificateRules),
  status: certificateStatus.exactOptional(),
})

export type CertificateSpec = DeepReadonly<z.output<typeof spec>>
export type CertificateStatus = DeepReadonly<z.output<typeof certificateStatus>>
export type EnrollmentTicket = DeepReadonly<z.output<typeof enrollmentTicket>>

export interface Certificate extends KubeObject {
  readonly spec: CertificateSpec
  readonly status?: CertificateStatus
}

export const certificateKind: Kind = {
  group,
  version,
  kind: 'Certificate',
  plural: 'certificates',
  singular: 'certificate',
  shortNames: ['cert', 'certs'],
  categories: ['perennial'],
  namespaced: true,
  description:
    'A wish for a certificate. Perennial gets it from an issuer, writes it with its key into a Secret, and renews it before it expires.',
  columns: [
    readyColumn,
    { name: 'Secret', path: '.spec.secretName', description: 'Where key and certificate lie.', type: 'string' },
    { name: 'Issuer', path: '.spec.issuerRef.name', description: 'Where the certificate comes from.', type: 'string' },
    { name: 'Protocol', path: '.status.protocol', description: 'What is spoken with the issuer.', type: 'string' },
    { name: 'Expires', path: '.status.notAfter', description: 'When the certificate expires.', type: 'string' },
    { name: 'Renews', path: '.status.renewalTime', description: 'When it will be replaced.', type: 'string' },
    {
      name: 'Policy',
      path: '.status.conditions[?(@.type=="Compliant")].reason',
      description: 'What policies say of it.',
      type: 'string',
      wide: true,
    },
    ageColumn,
    messageColumn,
  ],
  selectableFields: ['.spec.issuerRef.name', '.spec.issuerRef.kind', '.spec.issuerRef.group', '.spec.secretName'],
  schema: certificateSchema,
  example: { secretName: 'web-tls', issuerRef: { name: 'ca' }, dnsNames: ['www.example.com'] },
}

/**
 * Reads an object that came from outside. Never throws.
 *
 * @returns the Certificate with the defaults of the schema, its status left out where it cannot be understood; or a sentence
 *   that names the path of what is wrong
 */
export function parseCertificate(object: unknown): Result<Certificate, string> {
  const parsed = parseSpec(object, certificateSchema.shape.spec)
  if (!parsed.ok) return parsed
  const status = certificateStatus.safeParse(parsed.value.status)
  const { base, spec: parsedSpec } = parsed.value
  return ok({ ...base, spec: parsedSpec, ...(status.success ? { status: status.data } : {}) })
}

/**
 * Reads a spec alone, of an object whose rest the API server vouches for. Never throws.
 *
 * @returns the spec with the defaults of the schema, or a sentence that names the path of what is wrong
 */
export const readCertificateSpec = (value: unknown): Result<CertificateSpec, string> =>
  checkSpec(value, certificateSchema.shape.spec)
