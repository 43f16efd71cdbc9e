/** `spec.scep`: a CA that speaks SCEP (RFC 8894), for example NDES, Intune, EJBCA, step-ca or an MDM server. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import type { DeepReadonly } from '../../std/readonly.ts'
import { secretKeySelector } from '../meta.ts'
import { placed, ruled } from '../rule.ts'
import type { Place } from '../rule.ts'
import { list, text } from '../schema.ts'
import { durationFrom, fingerprintSample, http, sha256Fingerprint } from '../texts.ts'

const example = { url: 'https://ca.example.com/scep' }
const scepWith = (members: JsonObject): JsonObject => ({ selfSigned: null, scep: { ...example, ...members } })

const fingerprint = (place: Place, description: string): z.ZodString =>
  ruled(text(64, description), placed(sha256Fingerprint, place))

const raFingerprints = z
  .object({
    encryption: fingerprint(
      (value) => scepWith({ raFingerprints: { encryption: value } }),
      'SHA-256 of the certificate that requests are encrypted to.',
    ).exactOptional(),
    signing: fingerprint(
      (value) => scepWith({ raFingerprints: { signing: value } }),
      'SHA-256 of the certificate that replies are signed with.',
    ).exactOptional(),
  })
  .meta({
    description:
      'Names the certificates of the registration authority, where choosing them by key usage takes the wrong ones or anybody could have put another one into the list.',
  })

const members = {
  url: ruled(
    text(
      2048,
      'The URL of the SCEP service, for example https://ca.example.com/certsrv/mscep/mscep.dll. Plain http is allowed with a caFingerprint: the messages are signed and encrypted themselves (RFC 8894 section 4).',
    ),
    placed(http, (url) => scepWith({ url, caFingerprint: fingerprintSample })),
  ),
  caIdentifier: text(
    255,
    'What the service asks for to tell its CAs apart; sent as the message of GetCACert. Empty when not given.',
  ).exactOptional(),
  caFingerprint: fingerprint(
    (value) => scepWith({ caFingerprint: value }),
    'SHA-256 of the CA certificate, 64 hexadecimal digits. No request leaves unless the CA shows this certificate.',
  ).exactOptional(),
  nextCAFingerprint: fingerprint(
    (value) => scepWith({ nextCAFingerprint: value }),
    'SHA-256 of the certificate that the CA is about to change to; accepted beside caFingerprint.',
  ).exactOptional(),
  challengeSecretRef: secretKeySelector(
    (challengeSecretRef) => scepWith({ challengeSecretRef }),
    'The entry of a Secret that holds the challenge password as the CA gave it out. Line ends around it are dropped.',
  ).exactOptional(),
  challengeUse: z.enum(['Reusable', 'OneTime']).exactOptional().meta({
    description:
      'OneTime: the challenge is sent in one transaction only and never again (NDES). Reusable: in every first enrollment. Reusable when not given.',
  }),
  raFingerprints: raFingerprints.exactOptional(),
  digest: z.enum(['Auto', 'SHA-512', 'SHA-384', 'SHA-256', 'SHA-1']).exactOptional().meta({
    description:
      'What requests are hashed with. Auto takes the best that the CA lists, SHA-1 only where allowLegacy has it. Auto when not given.',
  }),
  cipher: z.enum(['Auto', 'AES-128-CBC', 'AES-256-CBC', 'DES-EDE3-CBC']).exactOptional().meta({
    description:
      'What requests are encrypted with. Auto takes AES-128-CBC where the CA lists AES, DES-EDE3-CBC only where allowLegacy has it. Auto when not given.',
  }),
  allowLegacy: list(
    z
      .enum(['SHA-1', 'DES-EDE3-CBC', 'DES-CBC'])
      .meta({ description: 'An algorithm that should not be used any more.' }),
    {
      max: 3,
      description:
        'Old algorithms that may be used where the CA has nothing better: SHA-1 and DES-EDE3-CBC for requests, DES-CBC in replies only. Their use is shown in the status.',
    },
  ).exactOptional(),
  sha1Replies: z.enum(['Accept', 'Refuse']).exactOptional().meta({
    description:
      'Whether a reply that is signed with SHA-1 counts. Many servers sign so, whatever they list; it is accepted with a warning when not given.',
  }),
  httpMethod: z.enum(['Auto', 'GET', 'POST']).exactOptional().meta({
    description: 'How requests travel. Auto takes POST where the CA lists it. Auto when not given.',
  }),
  getEncoding: z.enum(['Standard', 'URLSafe']).exactOptional().meta({
    description:
      'The base64 alphabet of requests in a GET. A few servers want the URL-safe one; the standard one, percent-encoded, when not given.',
  }),
  ecKeys: z.enum(['Refuse', 'TemporaryRSA', 'Password']).exactOptional().meta({
    description:
      'What happens with keys that cannot decrypt (ECDSA, Ed25519): Refuse them up front; TemporaryRSA: sign and decrypt with an RSA key made for the transaction, where the CA allows that the request holds another key; Password: the CA encrypts its reply with the challenge password (RFC 8894 section 3.1). Refuse when not given.',
  }),
  renewal: z.enum(['Auto', 'RenewalReq', 'PKCSReq', 'Enroll']).exactOptional().meta({
    description:
      'How certificates are renewed: with a RenewalReq or a PKCSReq that the old certificate signs, or like the first time with Enroll. Auto tries them in that order, as far as the CA lists them and there is a challenge. Auto when not given.',
  }),
  pollInterval: ruled(
    text(
      32,
      'How often a request that waits for approval is asked after, for example 5m. From 10s to 30m when not given.',
    ),
    placed(durationFrom('1s'), (pollInterval) => scepWith({ pollInterval })),
  ).exactOptional(),
  pendingTimeout: ruled(
    text(32, 'How long a request may wait for approval before it is made anew, for example 48h. 168h when not given.'),
    placed(durationFrom('1m'), (pendingTimeout) => scepWith({ pendingTimeout })),
  ).exactOptional(),
}

const spec = z.object(members).meta({
  description: 'A CA that speaks SCEP (RFC 8894), for example NDES, Intune, EJBCA or step-ca.',
})

type SpecOutput = z.output<typeof spec>

const pinnedHttp = {
  cel: "self.url.startsWith('https://') || has(self.caFingerprint)",
  holds: ({ url, caFingerprint }: SpecOutput) => url.startsWith('https://') || caFingerprint !== undefined,
  message:
    'Over plain http anybody on the way could pose as the CA: set caFingerprint to the SHA-256 of the CA certificate, or use an https URL.',
  field: 'url',
  accepts: [
    scepWith({}),
    scepWith({ url: 'http://ca.example.com/certsrv/mscep/mscep.dll', caFingerprint: fingerprintSample }),
  ],
  rejects: [scepWith({ url: 'http://ca.example.com/certsrv/mscep/mscep.dll' })],
}

const challengeRef = { name: 'scep', key: 'challenge' }

const oneTimeOfSomething = {
  cel: "!has(self.challengeUse) || self.challengeUse != 'OneTime' || has(self.challengeSecretRef)",
  holds: ({ challengeUse, challengeSecretRef }: SpecOutput) =>
    challengeUse !== 'OneTime' || challengeSecretRef !== undefined,
  message: 'challengeUse OneTime needs a challenge: name its Secret in challengeSecretRef.',
  field: 'challengeUse',
  accepts: [scepWith({ challengeUse: 'OneTime', challengeSecretRef: challengeRef })],
  rejects: [scepWith({ challengeUse: 'OneTime' })],
}

const passwordOfSomething = {
  cel: "!has(self.ecKeys) || self.ecKeys != 'Password' || has(self.challengeSecretRef)",
  holds: ({ ecKeys, challengeSecretRef }: SpecOutput) => ecKeys !== 'Password' || challengeSecretRef !== undefined,
  message: 'ecKeys Password needs a challenge, which is the password: name its Secret in challengeSecretRef.',
  field: 'ecKeys',
  accepts: [scepWith({ ecKeys: 'Password', challengeSecretRef: challengeRef })],
  rejects: [scepWith({ ecKeys: 'Password' })],
}

export const scepSpec = ruled(spec, [pinnedHttp, oneTimeOfSomething, passwordOfSomething])

export type ScepSpec = DeepReadonly<z.output<typeof scepSpec>>
