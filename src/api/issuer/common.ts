/** What every issuer may set, whatever protocol it speaks. */
import { z } from 'zod'
import { nameOf, secretKeySelector } from '../meta.ts'
import { matching, placed, ruled } from '../rule.ts'
import type { Place } from '../rule.ts'
import { list, text } from '../schema.ts'
import { durationFrom, http } from '../texts.ts'
import { renewalWindows } from '../windows.ts'
import { trustMembers } from './trust.ts'

/** URLs that end up in certificates. */
export const urlList = (place: Place, description: string): z.ZodArray<z.ZodString> =>
  list(ruled(text(2048, 'An http or https URL.'), placed(http, place)), { max: 16, description })

const pemHeader = '-----BEGIN CERTIFICATE-----'
const base64OfPemHeader = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t'

/** CA certificates to trust, as PEM or, as cert-manager has it, as base64 of PEM. */
export const caBundle = (place: Place, description: string): z.ZodString =>
  ruled(
    text(330_000, description),
    placed(
      [
        matching(new RegExp(`^[ \\t\\r\\n]*(${pemHeader}|${base64OfPemHeader})`), {
          message:
            'This is not a CA bundle: give certificates in PEM, starting with -----BEGIN CERTIFICATE-----, or the base64 of such PEM.',
          accepts: [`${pemHeader}\nMIIB\n-----END CERTIFICATE-----\n`, `${base64OfPemHeader}Ck1JSUIK`],
          rejects: ['ca.crt', 'MIIBszCCAVmgAwIBAgIUQ', '-----BEGIN PRIVATE KEY-----\nMIIB\n'],
        }),
      ],
      place,
    ),
  )

/** @returns the PEM of a CA bundle in either spelling */
export function pemOfBundle(bundle: string): string {
  return bundle.trimStart().startsWith(pemHeader) ? bundle : Buffer.from(bundle, 'base64').toString('utf8')
}

const limits = z
  .object({
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .exactOptional()
      .meta({ description: 'How many calls to this issuer run at the same time.' }),
    requestsPerSecond: z
      .number()
      .min(0.001)
      .max(1000)
      .exactOptional()
      .meta({ description: 'How many calls to this issuer start in a second, on average. Unlimited when not given.' }),
    burst: z.int().min(1).max(1000).exactOptional().meta({
      description:
        'How many calls may start at once after a quiet time, before requestsPerSecond holds. 1 when not given.',
    }),
    certificatesPerHour: z.int().min(1).max(1_000_000).exactOptional().meta({
      description:
        'How many certificates are asked for within an hour. Renewals take three quarters at most and move ahead where that is needed; nearest expiry goes first. Unlimited when not given.',
    }),
    certificatesPerDay: z.int().min(1).max(10_000_000).exactOptional().meta({
      description: 'The same within 24 hours. Unlimited when not given.',
    }),
  })
  .meta({ description: 'How hard this issuer may be worked. Trouble at one issuer never slows another.' })

const tls = ruled(
  z
    .object({
      caBundle: caBundle(
        (bundle) => ({ tls: { caBundle: bundle } }),
        'CA certificates to trust instead of those of the system: PEM, or base64 of PEM.',
      ).exactOptional(),
      caBundleSecretRef: secretKeySelector(
        (ref) => ({ tls: { caBundleSecretRef: ref } }),
        'The entry of a Secret that holds CA certificates to trust instead of those of the system, in PEM.',
      ).exactOptional(),
    })
    .meta({ description: 'Whom to trust when calling the CA.' }),
  [
    {
      cel: '!has(self.caBundle) || !has(self.caBundleSecretRef)',
      holds: ({ caBundle: inline, caBundleSecretRef }) => inline === undefined || caBundleSecretRef === undefined,
      message: 'The CA bundle is given twice: keep caBundle or caBundleSecretRef.',
      accepts: [{ tls: {} }, { tls: { caBundleSecretRef: { name: 'ca', key: 'ca.crt' } } }],
      rejects: [{ tls: { caBundle: pemHeader, caBundleSecretRef: { name: 'ca', key: 'ca.crt' } } }],
    },
  ],
)

const proxy = z
  .object({
    url: ruled(
      text(2048, 'The URL of the proxy, for example http://proxy.example.com:3128. Without user and password.'),
      [
        ...placed(http, (url) => ({ proxy: { url: url.replaceAll('/ca.crl', '/') } })),
        ...placed(
          [
            matching(/^[^@]*$/, {
              message:
                'The URL of the proxy must not carry a user and password; put them into a Secret and name it in credentialsSecretRef.',
              accepts: ['http://proxy.example.com:3128'],
              rejects: ['http://user:secret@proxy.example.com:3128'],
            }),
          ],
          (url) => ({ proxy: { url } }),
        ),
      ],
    ),
    credentialsSecretRef: z
      .object({
        name: nameOf(
          (name) => ({ proxy: { url: 'http://proxy.example.com:3128', credentialsSecretRef: { name } } }),
          'The name of the Secret.',
        ),
      })
      .exactOptional()
      .meta({ description: 'A Secret with the entries username and password for the proxy.' }),
  })
  .meta({ description: 'The proxy through which the CA is called.' })

const probeInterval = ruled(
  text(
    32,
    'How often the issuer is asked whether it is well, for example 10m. A setting of the operator when not given.',
  ),
  placed(durationFrom('10s'), (value) => ({ probeInterval: value })),
)

export const commonMembers = {
  limits: limits.exactOptional(),
  tls: tls.exactOptional(),
  proxy: proxy.exactOptional(),
  probeInterval: probeInterval.exactOptional(),
  renewalWindows: renewalWindows(
    'When certificates of this issuer are renewed, where they can wait. Certificates may name windows of their own. At any time when not given.',
  ).exactOptional(),
  ...trustMembers,
}
