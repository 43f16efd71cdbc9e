/** `spec.cmp`: a CA that speaks CMP (RFC 9810, as RFC 9483 profiles it), for example EJBCA, Insta, Nexus or OpenXPKI. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf, secretKeySelector } from '../meta.ts'
import { matching, placed, ruled } from '../rule.ts'
import { list, text } from '../schema.ts'
import { durationFrom, fingerprintSample, pathLabel, sha256Fingerprint } from '../texts.ts'
import { caBundle } from './common.ts'

const sharedSecretSample = { reference: '4711', secretRef: { name: 'cmp', key: 'secret' } }
const example = { url: 'https://ca.example.com/cmp', sharedSecret: sharedSecretSample }
const cmpWith = (members: JsonObject): JsonObject => ({ selfSigned: null, cmp: { ...example, ...members } })
const bundleSample = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const signed = { sharedSecret: null, clientCertificateSecretRef: { name: 'cmp-client' } }

const urls = [
  matching(
    /^(https?|tcp):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(\/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?$/,
    {
      message:
        'This is not the address of a CMP server: write http://ca.example.com/pkix/ or https://ca.example.com/ejbca/publicweb/cmp/alias, or tcp://ca.example.com:829 for the old transport over TCP; without a login and without a query.',
      accepts: ['http://ca.example.com/pkix/', 'https://[2001:db8::1]:8443/cmp', 'tcp://ca.example.com:829'],
      rejects: [
        'ca.example.com/cmp',
        'ldap://ca.example.com',
        'https://user:password@ca.example.com/cmp',
        'https://ca.example.com/cmp?alias=a',
      ],
    },
  ),
]

const sharedSecret = z
  .object({
    reference: text(255, 'The name under which the CA knows the secret; sent as senderKID.'),
    secretRef: secretKeySelector(
      (secretRef) => cmpWith({ sharedSecret: { reference: '4711', secretRef } }),
      'The entry of a Secret that holds the secret as the CA gave it out. Line ends around it are dropped.',
    ),
    algorithm: z.enum(['PBM', 'PBMAC1']).exactOptional().meta({
      description: 'How messages are protected by the secret. PBM is what every CA knows. PBM when not given.',
    }),
    hash: z.enum(['SHA-256', 'SHA-512', 'SHA-1']).exactOptional().meta({
      description:
        'What the protection hashes with. SHA-1 only for CAs that know nothing else. SHA-256 when not given.',
    }),
  })
  .meta({
    description: 'A secret that the CA gave out, which protects the first enrollment (RFC 9810 section 5.1.3.1).',
  })

const members = {
  url: ruled(
    text(
      2048,
      'The address of the CMP server with its whole path, for example http://ca.example.com/ejbca/publicweb/cmp/alias. Plain http will do: CMP protects its messages itself. tcp:// speaks the transport of RFC 2510.',
    ),
    placed(urls, (url) => cmpWith({ url })),
  ),
  paths: z.enum(['AsGiven', 'WellKnown']).exactOptional().meta({
    description:
      'WellKnown: /.well-known/cmp and the name of the operation are added to the url (RFC 9811 section 3.4). AsGiven: every message goes to the url itself. AsGiven when not given.',
  }),
  tcpFraming: z.enum(['RFC2510', 'Version10']).exactOptional().meta({
    description:
      'How messages are framed over tcp://: as RFC 2510 section 5.2 has it, or as its successor that begins with a version, 10. RFC2510 when not given.',
  }),
  label: ruled(
    text(128, 'Which of several CAs or profiles, as in /.well-known/cmp/p/LABEL/initialization.'),
    placed(pathLabel, (label) => cmpWith({ paths: 'WellKnown', label })),
  ).exactOptional(),
  recipient: text(
    1024,
    'The distinguished name of the CA, as RFC 4514 writes it, for CAs that look at the recipient of a message.',
  ).exactOptional(),
  sharedSecret: sharedSecret.exactOptional(),
  clientCertificateSecretRef: z
    .object({
      name: nameOf(
        (name) => cmpWith({ ...signed, caBundle: bundleSample, clientCertificateSecretRef: { name } }),
        'The name of the Secret.',
      ),
    })
    .exactOptional()
    .meta({
      description: 'A Secret with the entries tls.crt and tls.key: the certificate that signs the first enrollment.',
    }),
  caBundle: caBundle(
    (bundle) => cmpWith({ caBundle: bundle }),
    'CA certificates that signatures of replies must lead to: PEM, or base64 of PEM. When not given, a reply to a renewal must be signed by the CA of the certificate that is being renewed.',
  ).exactOptional(),
  signerFingerprint: ruled(
    text(64, 'SHA-256 of the one certificate that replies are signed with, 64 hexadecimal digits.'),
    placed(sha256Fingerprint, (value) => cmpWith({ signerFingerprint: value })),
  ).exactOptional(),
  enrollment: z.enum(['ir', 'cr', 'p10cr']).exactOptional().meta({
    description:
      'The message that asks for a first certificate: ir (initialization), cr (certification) or p10cr (a PKCS #10 request). ir when not given.',
  }),
  renewal: z.enum(['kur', 'cr', 'p10cr', 'Enroll']).exactOptional().meta({
    description:
      'The message that renews, signed with the certificate that is being replaced: kur (key update), cr or p10cr. Enroll: like the first time. kur when not given.',
  }),
  implicitConfirm: z.enum(['Request', 'Off']).exactOptional().meta({
    description:
      'Request: the CA is asked not to wait for a confirmation of the certificate, and may agree. Off when not given.',
  }),
  certProfile: text(255, 'The name of the certificate profile (RFC 9810 section 5.1.1.4).').exactOptional(),
  validity: z.enum(['Request', 'Omit']).exactOptional().meta({
    description: 'Whether the request says how long the certificate shall live. Request when not given.',
  }),
  registrationTokenSecretRef: secretKeySelector(
    (registrationTokenSecretRef) => cmpWith({ registrationTokenSecretRef }),
    'The entry of a Secret that holds a registration token, which goes into the first request (RFC 4211 section 6.1).',
  ).exactOptional(),
  authenticatorSecretRef: secretKeySelector(
    (authenticatorSecretRef) => cmpWith({ authenticatorSecretRef }),
    'The entry of a Secret that holds an authenticator, which goes into every request (RFC 4211 section 6.2).',
  ).exactOptional(),
  proofOfPossession: z.enum(['Signature', 'RAVerified']).exactOptional().meta({
    description:
      'RAVerified only where the CA has been told to believe this client like a registration authority. Signature when not given.',
  }),
  keyGeneration: z.enum(['Local', 'Central']).exactOptional().meta({
    description:
      'Central: the CA makes the private key and sends it encrypted (RFC 9483 section 4.1.6). Local when not given.',
  }),
  unprotectedErrors: z.enum(['Refuse', 'Accept']).exactOptional().meta({
    description:
      'Whether errors and rejections without protection count. Anybody on the way can make them; some CAs make no others. Refuse when not given.',
  }),
  probe: z.enum(['GeneralMessage', 'Reachability']).exactOptional().meta({
    description:
      'How the issuer is tried: a general message that the CA must answer properly, or one that it may refuse as long as it answers. GeneralMessage when not given.',
  }),
  generalMessages: list(
    z.enum(['RootUpdate', 'RequestTemplate', 'CRLs']).meta({ description: 'A question to the CA.' }),
    {
      max: 3,
      description:
        'What the CA is asked besides its certificates whenever the issuer is tried, to be shown in the status: the root that it changes to, what keys it takes, whether it has revocation lists.',
    },
  ).exactOptional(),
  messageTimeTolerance: ruled(
    text(32, 'How far the clock of the CA may be from ours, for example 10m. 1h when not given.'),
    placed(durationFrom('1s'), (messageTimeTolerance) => cmpWith({ messageTimeTolerance })),
  ).exactOptional(),
  pendingTimeout: ruled(
    text(32, 'How long a request may wait for approval before it is made anew, for example 48h. 168h when not given.'),
    placed(durationFrom('1m'), (pendingTimeout) => cmpWith({ pendingTimeout })),
  ).exactOptional(),
}

const spec = z.object(members).meta({
  description: 'A CA that speaks CMP (RFC 9810, RFC 9483), for example EJBCA, Insta, Nexus or OpenXPKI.',
})

type SpecOutput = z.output<typeof spec>

const oneProtector = {
  cel: 'has(self.sharedSecret) != has(self.clientCertificateSecretRef)',
  holds: ({ sharedSecret: secret, clientCertificateSecretRef: certificate }: SpecOutput) =>
    (secret === undefined) !== (certificate === undefined),
  message: 'The first enrollment is protected by exactly one thing: set sharedSecret or clientCertificateSecretRef.',
  field: 'sharedSecret',
  accepts: [cmpWith({}), cmpWith({ ...signed, caBundle: bundleSample })],
  rejects: [
    cmpWith({ sharedSecret: null }),
    cmpWith({ clientCertificateSecretRef: { name: 'cmp-client' }, caBundle: bundleSample }),
  ],
}

const signedByKnown = {
  cel: '!has(self.clientCertificateSecretRef) || has(self.caBundle) || has(self.signerFingerprint)',
  holds: ({ clientCertificateSecretRef: certificate, caBundle: bundle, signerFingerprint }: SpecOutput) =>
    certificate === undefined || bundle !== undefined || signerFingerprint !== undefined,
  message:
    'Replies to signed requests are signed themselves, and must be by somebody known: set caBundle to the certificates of the CA, or signerFingerprint.',
  field: 'caBundle',
  accepts: [cmpWith({ ...signed, signerFingerprint: fingerprintSample })],
  rejects: [cmpWith(signed)],
}

const labelOfWellKnown = {
  cel: "!has(self.label) || (has(self.paths) && self.paths == 'WellKnown')",
  holds: ({ label, paths }: SpecOutput) => label === undefined || paths === 'WellKnown',
  message: 'A label is part of a well-known path: set paths to WellKnown, or write the label into the url.',
  field: 'label',
  accepts: [cmpWith({ paths: 'WellKnown', label: 'devices' })],
  rejects: [cmpWith({ label: 'devices' })],
}

const wellKnownOnce = {
  cel: "!has(self.paths) || self.paths != 'WellKnown' || (!self.url.contains('/.well-known') && !self.url.startsWith('tcp:'))",
  holds: ({ url, paths }: SpecOutput) =>
    paths !== 'WellKnown' || !(url.includes('/.well-known') || url.startsWith('tcp:')),
  message:
    'With paths WellKnown the path /.well-known/cmp is added to the url: leave it out there. It exists over http and https only.',
  field: 'url',
  accepts: [cmpWith({ paths: 'WellKnown', url: 'https://ca.example.com' })],
  rejects: [
    cmpWith({ paths: 'WellKnown', url: 'https://ca.example.com/.well-known/cmp' }),
    cmpWith({ paths: 'WellKnown', url: 'tcp://ca.example.com' }),
  ],
}

const controlsInTemplate = {
  cel: "(!has(self.registrationTokenSecretRef) && !has(self.authenticatorSecretRef)) || !has(self.enrollment) || self.enrollment != 'p10cr'",
  holds: ({ registrationTokenSecretRef: token, authenticatorSecretRef: authenticator, enrollment }: SpecOutput) =>
    (token === undefined && authenticator === undefined) || enrollment !== 'p10cr',
  message: 'A PKCS #10 request has no place for a registration token or an authenticator: use ir or cr.',
  field: 'enrollment',
  accepts: [cmpWith({ registrationTokenSecretRef: { name: 'cmp', key: 'token' } })],
  rejects: [cmpWith({ enrollment: 'p10cr', registrationTokenSecretRef: { name: 'cmp', key: 'token' } })],
}

const centralByTemplate = {
  cel: "!has(self.keyGeneration) || self.keyGeneration != 'Central' || ((!has(self.enrollment) || self.enrollment != 'p10cr') && (!has(self.renewal) || self.renewal != 'p10cr'))",
  holds: ({ keyGeneration, enrollment, renewal }: SpecOutput) =>
    keyGeneration !== 'Central' || (enrollment !== 'p10cr' && renewal !== 'p10cr'),
  message: 'A PKCS #10 request always holds a key: with keyGeneration Central use ir, cr and kur.',
  field: 'keyGeneration',
  accepts: [cmpWith({ keyGeneration: 'Central' })],
  rejects: [cmpWith({ keyGeneration: 'Central', enrollment: 'p10cr' })],
}

export const cmpSpec = ruled(spec, [
  oneProtector,
  signedByKnown,
  labelOfWellKnown,
  wellKnownOnce,
  controlsInTemplate,
  centralByTemplate,
])

export type CmpSpec = DeepReadonly<z.output<typeof cmpSpec>>
