/** `spec.acme`: a CA that speaks ACME (RFC 8555). */
import { z } from 'zod'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf, secretKeySelector } from '../meta.ts'
import { matching, placed, ruled } from '../rule.ts'
import { list, text } from '../schema.ts'
import { email, https, secretKey } from '../texts.ts'
import { acmeWith } from './acmeplace.ts'
import { caBundle } from './common.ts'
import { solver } from './solver.ts'

/** Bounds what the server may have to check. */
const manySolvers = 32

const externalAccountBinding = z
  .object({
    keyID: text(1024, 'The key identifier that the CA gave out.'),
    keySecretRef: secretKeySelector(
      (keySecretRef) => acmeWith({ externalAccountBinding: { keyID: 'id', keySecretRef } }),
      'The entry of a Secret that holds the MAC key as the CA gave it out: base64url.',
    ),
    keyAlgorithm: z
      .enum(['HS256', 'HS384', 'HS512'])
      .exactOptional()
      .meta({ description: 'The MAC algorithm. HS256 when not given.' }),
  })
  .meta({ description: 'Ties the ACME account to an account that the CA knows already (RFC 8555 section 7.3.4).' })

const privateKeySecretRef = z
  .object({
    name: nameOf(
      (name) => acmeWith({ privateKeySecretRef: { name } }),
      'The name of the Secret; made by Perennial when it does not exist.',
    ),
    key: ruled(
      text(253, 'The entry of the Secret. tls.key when not given.'),
      placed(secretKey, (key) => acmeWith({ privateKeySecretRef: { name: 'account', key } })),
    ).exactOptional(),
  })
  .meta({ description: 'Where the key of the ACME account lies.' })

const fingerprint = [
  matching(/^[0-9A-Fa-f]{64}$/, {
    message: 'This is not a SHA-256 fingerprint; write 64 hexadecimal digits without colons.',
    accepts: ['96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6'],
    rejects: ['96:bc:ec:06', 'ISRG Root X1'],
  }),
]

const verified = {
  cel: '!self',
  holds: (value: boolean) => !value,
  message:
    'The certificate of the CA is always verified: drop skipTLSVerify and put the CA that signed it into caBundle.',
  accepts: [acmeWith({ skipTLSVerify: false })],
  rejects: [acmeWith({ skipTLSVerify: true })],
}

const members = {
  server: ruled(
    text(2048, "The URL of the CA's directory, for example https://acme-v02.api.letsencrypt.org/directory."),
    placed(https, (server) => acmeWith({ server })),
  ),
  email: ruled(
    text(254, 'The contact address of the account. Some CAs write to it when a certificate is about to expire.'),
    placed(email, (address) => acmeWith({ email: address })),
  ).exactOptional(),
  profile: text(
    64,
    'The certificate profile to ask for, by a name that the CA advertises, for example shortlived.',
  ).exactOptional(),
  preferredChain: text(
    64,
    'Where the CA offers several chains, take the one whose top certificate was issued by this common name.',
  ).exactOptional(),
  preferredChainFingerprint: ruled(
    text(64, 'Where the CA offers several chains, take one that holds or leads to the certificate with this SHA-256.'),
    placed(fingerprint, (value) => acmeWith({ preferredChainFingerprint: value })),
  ).exactOptional(),
  privateKeySecretRef,
  disableAccountKeyGeneration: z.boolean().exactOptional().meta({
    description: 'Wait for the Secret of the account key to appear instead of making it. False when not given.',
  }),
  accountKeyAlgorithm: z
    .enum(['ES256', 'ES384', 'RS256', 'EdDSA'])
    .exactOptional()
    .meta({ description: 'The algorithm of an account key that Perennial makes. ES256 when not given.' }),
  accountKeyRevision: z.int().min(1).max(1_000_000).exactOptional().meta({
    description:
      'Raise it to replace the account key: a new one is made, registered with the CA (RFC 8555 section 7.3.5), and stored in place of the old one.',
  }),
  externalAccountBinding: externalAccountBinding.exactOptional(),
  caBundle: caBundle(
    (bundle) => acmeWith({ caBundle: bundle }),
    'CA certificates to trust instead of those of the system when calling the server: PEM, or base64 of PEM.',
  ).exactOptional(),
  skipTLSVerify: ruled(
    z
      .boolean()
      .meta({ description: 'Known from cert-manager. Only false is accepted: put the CA into caBundle instead.' }),
    [verified],
  ).exactOptional(),
  solvers: list(solver, {
    max: manySolvers,
    description: 'Ways to prove control of names. The most specific selector wins; HTTP for every name when not given.',
  }).exactOptional(),
  enableDurationFeature: z.boolean().exactOptional().meta({
    description: 'Whether orders ask for the lifetime of the Certificate. Many CAs refuse that. False when not given.',
  }),
  renewalInformation: z.enum(['ARI', 'None']).exactOptional().meta({
    description: 'ARI: ask the CA when to renew and follow it (RFC 9773). None: do not ask. ARI when not given.',
  }),
}

export const acmeSpec = z.object(members).meta({ description: 'A CA that speaks ACME (RFC 8555).' })

export type AcmeSpec = DeepReadonly<z.output<typeof acmeSpec>>
