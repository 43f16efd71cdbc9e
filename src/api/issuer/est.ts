/** `spec.est`: a CA that speaks EST (RFC 7030, with RFC 8951 and RFC 9908). */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf, secretKeySelector } from '../meta.ts'
import { matching, placed, ruled } from '../rule.ts'
import type { Place } from '../rule.ts'
import { text } from '../schema.ts'
import { durationFrom, fingerprintSample, pathLabel, sha256Fingerprint } from '../texts.ts'

const example = { server: 'https://est.example.com' }
const estWith = (members: JsonObject): JsonObject => ({ selfSigned: null, est: { ...example, ...members } })

const servers = [
  matching(/^https:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?\/?$/, {
    message:
      'This is not the address of an EST server: write https://est.example.com or https://est.example.com:8443. The path /.well-known/est is added, and what stands behind it goes into label; EST does not exist over http (RFC 7030 section 3.2.2).',
    accepts: ['https://est.example.com', 'https://est.example.com:8443', 'https://[2001:db8::1]:8443/'],
    rejects: [
      'http://est.example.com',
      'https://est.example.com/.well-known/est',
      'https://est.example.com/.well-known/est/devices',
      'https://user:password@est.example.com',
      'https://est.example.com?label=devices',
      'est.example.com',
    ],
  }),
]

const labels = [
  ...pathLabel,
  {
    cel: "!(self in ['cacerts', 'simpleenroll', 'simplereenroll', 'fullcmc', 'serverkeygen', 'csrattrs'])",
    holds: (label: string) => !operationNames.has(label),
    message:
      'A label must not be the name of an operation (RFC 7030 section 3.2.2); drop it, or ask for the real label.',
    accepts: ['enroll'],
    rejects: ['cacerts', 'simpleenroll', 'csrattrs'],
  },
]

const operationNames: ReadonlySet<string> = new Set([
  'cacerts',
  'simpleenroll',
  'simplereenroll',
  'fullcmc',
  'serverkeygen',
  'csrattrs',
])

const fingerprint = (place: Place, description: string): z.ZodString =>
  ruled(text(64, description), placed(sha256Fingerprint, place))

const secretRef = (place: Place, description: string): z.ZodObject<{ name: z.ZodString }> =>
  z.object({ name: nameOf(place, 'The name of the Secret.') }).meta({ description })

const serverKeyDecryption = z
  .object({
    identifier: text(
      255,
      'The name under which the CA knows the key; sent as DecryptKeyIdentifier (RFC 7030 section 4.4.1.1).',
    ),
    keySecretRef: secretKeySelector(
      (keySecretRef) =>
        estWith({ serverKeyGeneration: 'Always', serverKeyDecryption: { identifier: 'key-1', keySecretRef } }),
      'The entry of a Secret that holds the AES key: 16, 24 or 32 octets, as they are, in hexadecimal or in base64.',
    ),
  })
  .meta({ description: 'A symmetric key, shared with the CA, that private keys made by the CA are encrypted with.' })

const members = {
  server: ruled(
    text(512, 'The EST server, for example https://est.example.com:8443, without a path.'),
    placed(servers, (server) => estWith({ server })),
  ),
  label: ruled(
    text(128, 'Which of several CAs or profiles of the server, as in /.well-known/est/LABEL/simpleenroll.'),
    placed(labels, (label) => estWith({ label })),
  ).exactOptional(),
  caFingerprint: fingerprint(
    (value) => estWith({ caFingerprint: value }),
    'SHA-256 of the root certificate of the CA, 64 hexadecimal digits. The server must then show it in /cacerts and hold a certificate that chains to it, before any credential leaves; the roots of the system and tls.caBundle no longer count.',
  ).exactOptional(),
  nextCAFingerprint: fingerprint(
    (value) => estWith({ caFingerprint: fingerprintSample, nextCAFingerprint: value }),
    'SHA-256 of the root that the CA is about to change to, accepted beside caFingerprint. Needed only where the CA does not link its new root to the old one (RFC 7030 section 4.1.3).',
  ).exactOptional(),
  serverTrust: z.enum(['Explicit', 'Implicit']).exactOptional().meta({
    description:
      'Whose certificate the server itself must hold. Explicit: that of the CA named by caFingerprint. Implicit: that of the roots of the system, or of tls.caBundle; caFingerprint then only pins what /cacerts shows. Explicit with a caFingerprint and Implicit without one, when not given.',
  }),
  credentialsSecretRef: secretRef(
    (name) => estWith({ credentialsSecretRef: { name } }),
    'A Secret with the entries username and password, for HTTP Basic or Digest.',
  ).exactOptional(),
  clientCertificateSecretRef: secretRef(
    (name) => estWith({ clientCertificateSecretRef: { name } }),
    'A Secret with the entries tls.crt and tls.key: the certificate that is shown in TLS for the first enrollment.',
  ).exactOptional(),
  authentication: z.enum(['OnChallenge', 'Preemptive']).exactOptional().meta({
    description:
      'When the password is sent. OnChallenge: once the server asks (401). Preemptive: with the first request, by HTTP Basic, for servers that never ask. OnChallenge when not given.',
  }),
  channelBinding: z.enum(['None', 'TLSUnique', 'TLSExporter', 'Auto']).exactOptional().meta({
    description:
      'Ties the request to its TLS session through its challengePassword (RFC 7030 section 3.5). TLSUnique exists up to TLS 1.2 only; TLSExporter is RFC 9266; Auto takes the one or the other. None, unless the CA asks for it in /csrattrs, when not given.',
  }),
  serverKeyGeneration: z.enum(['Never', 'Always']).exactOptional().meta({
    description:
      'Always: the CA makes the private key and sends it with the certificate (RFC 7030 section 4.4). Never when not given.',
  }),
  serverKeyEncryption: z.enum(['None', 'ClientCertificate']).exactOptional().meta({
    description:
      'ClientCertificate: a key that the CA makes must come encrypted to the certificate that is shown in TLS, on top of TLS itself (RFC 7030 section 4.4.1.2). None, unless serverKeyDecryption is set, when not given.',
  }),
  serverKeyDecryption: serverKeyDecryption.exactOptional(),
  csrAttributes: z.enum(['Apply', 'Require', 'Ignore']).exactOptional().meta({
    description:
      'What is done with the wishes of the CA in /csrattrs. Apply: what the Certificate leaves open is taken from them, and where they disagree the Certificate wins, with a warning. Require: where they disagree no request is made. Ignore: they are not asked for. Apply when not given.',
  }),
  base64: z.enum(['Wrapped', 'Unwrapped']).exactOptional().meta({
    description:
      'Whether request bodies have line breaks after 76 characters. A few servers need the one or the other. Wrapped when not given.',
  }),
  renewal: z.enum(['Reenroll', 'Enroll']).exactOptional().meta({
    description:
      'Reenroll: by /simplereenroll, with the certificate that is being replaced shown in TLS. Enroll: like the first time. When not given, Reenroll, and Enroll where the server does not take that.',
  }),
  pendingTimeout: ruled(
    text(32, 'How long a request may wait for approval before it is given up, for example 48h. 168h when not given.'),
    placed(durationFrom('1m'), (pendingTimeout) => estWith({ pendingTimeout })),
  ).exactOptional(),
}

const spec = z.object(members).meta({ description: 'A CA that speaks EST (RFC 7030).' })

type SpecOutput = z.output<typeof spec>

const explicitNeedsPin = {
  cel: "(!has(self.nextCAFingerprint) && (!has(self.serverTrust) || self.serverTrust != 'Explicit')) || has(self.caFingerprint)",
  holds: ({ serverTrust, caFingerprint, nextCAFingerprint }: SpecOutput) =>
    (nextCAFingerprint === undefined && serverTrust !== 'Explicit') || caFingerprint !== undefined,
  message:
    'serverTrust Explicit and nextCAFingerprint need a CA that is known: set caFingerprint to the SHA-256 of its root certificate.',
  field: 'caFingerprint',
  accepts: [estWith({ serverTrust: 'Explicit', caFingerprint: fingerprintSample })],
  rejects: [estWith({ serverTrust: 'Explicit' }), estWith({ nextCAFingerprint: fingerprintSample })],
}

const preemptiveNeedsPassword = {
  cel: "!has(self.authentication) || self.authentication != 'Preemptive' || has(self.credentialsSecretRef)",
  holds: ({ authentication, credentialsSecretRef }: SpecOutput) =>
    authentication !== 'Preemptive' || credentialsSecretRef !== undefined,
  message: 'authentication Preemptive needs a password: name its Secret in credentialsSecretRef.',
  field: 'authentication',
  accepts: [estWith({ authentication: 'Preemptive', credentialsSecretRef: { name: 'est-login' } })],
  rejects: [estWith({ authentication: 'Preemptive' })],
}

const decryption = { identifier: 'key-1', keySecretRef: { name: 'est-key', key: 'aes' } }

const decryptsServerKeys = {
  cel: "!has(self.serverKeyDecryption) || (has(self.serverKeyGeneration) && self.serverKeyGeneration == 'Always')",
  holds: ({ serverKeyDecryption: decrypt, serverKeyGeneration }: SpecOutput) =>
    decrypt === undefined || serverKeyGeneration === 'Always',
  message: 'serverKeyDecryption is for keys that the CA makes: set serverKeyGeneration to Always, or drop it.',
  field: 'serverKeyDecryption',
  accepts: [estWith({ serverKeyGeneration: 'Always', serverKeyDecryption: decryption })],
  rejects: [estWith({ serverKeyDecryption: decryption })],
}

export const estSpec = ruled(spec, [explicitNeedsPin, preemptiveNeedsPassword, decryptsServerKeys])

export type EstSpec = DeepReadonly<z.output<typeof estSpec>>
