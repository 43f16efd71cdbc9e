/** What is written into the Secret besides tls.crt and tls.key. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { secretKeySelector } from '../meta.ts'
import { celText, matching, placed, ruled } from '../rule.ts'
import type { Rule } from '../rule.ts'
import { keyedList, text, textMap } from '../schema.ts'

type KeystorePlace = (members: JsonObject) => JsonObject

const ref = { name: 'password', key: 'value' }

/** Both keystores have a password, from one of two places. */
const onePassword = (place: KeystorePlace): Rule<{ password?: string | undefined; passwordSecretRef?: unknown }> => ({
  cel: 'has(self.password) != has(self.passwordSecretRef)',
  holds: ({ password, passwordSecretRef }) => (password !== undefined) !== (passwordSecretRef !== undefined),
  message: 'A keystore takes its password from exactly one place: set passwordSecretRef or password.',
  accepts: [place({ create: true, password: 'changeit' }), place({ create: true, passwordSecretRef: ref })],
  rejects: [place({ create: true }), place({ create: true, password: 'changeit', passwordSecretRef: ref })],
})

const passwordFields = (place: KeystorePlace) => ({
  passwordSecretRef: secretKeySelector(
    (passwordSecretRef) => place({ create: true, passwordSecretRef }),
    'The entry of a Secret in the same namespace that holds the password.',
  ).exactOptional(),
  password: text(
    1024,
    'The password itself. Anybody who may read the Certificate can read it: use it only for formats that demand a password nobody needs to guess.',
  ).exactOptional(),
})

const create = z.boolean().meta({ description: 'Whether the keystore is written.' })

const jksPlace: KeystorePlace = (jks) => ({ keystores: { jks } })
const pkcs12Place: KeystorePlace = (pkcs12) => ({ keystores: { pkcs12 } })

const jks = z
  .object({
    create,
    alias: text(256, 'The alias of the key. "certificate" when not given.').exactOptional(),
    ...passwordFields(jksPlace),
  })
  .meta({ description: 'A Java keystore: keystore.jks, and truststore.jks where the CA is known.' })

const pkcs12 = z
  .object({
    create,
    profile: z.enum(['LegacyRC2', 'LegacyDES', 'Modern2023', 'Modern2026']).exactOptional().meta({
      description:
        'The algorithms of the keystore. LegacyRC2 (when not given) and LegacyDES are for old software; Modern2023 uses PBES2 with AES-256; Modern2026 is made of FIPS 140-3 algorithms only.',
    }),
    ...passwordFields(pkcs12Place),
  })
  .meta({ description: 'A PKCS#12 keystore: keystore.p12, and truststore.p12 where the CA is known.' })

export const keystores = z
  .object({
    jks: ruled(jks, [onePassword(jksPlace)]).exactOptional(),
    pkcs12: ruled(pkcs12, [onePassword(pkcs12Place)]).exactOptional(),
  })
  .meta({ description: 'Keystores to write into the Secret as well.' })

export const additionalOutputFormats = keyedList(
  z
    .object({
      type: z.enum(['DER', 'CombinedPEM']).meta({
        description: 'DER: key.der, the key in binary. CombinedPEM: tls-combined.pem, key and chain in one file.',
      }),
    })
    .meta({ description: 'One more entry of the Secret.' }),
  {
    key: 'type',
    max: 2,
    description: 'More entries for the Secret, with the same key and certificate in other formats.',
  },
)

/** A qualified name: an optional DNS subdomain and a slash, then up to 63 characters. */
const keyPattern = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

type Texts = Record<string, string>

const mapRules = (member: 'labels' | 'annotations'): readonly Rule<Texts>[] => {
  const withKey = (key: string): JsonObject => ({ secretTemplate: { [member]: { [key]: 'web', other: 'web' } } })
  return [
    {
      cel: "self.all(key, !key.startsWith('perennial.dev/'))",
      holds: (map) => !Object.keys(map).some((key) => key.startsWith('perennial.dev/')),
      message: 'Keys that start with perennial.dev/ belong to Perennial; choose another prefix.',
      accepts: ['example.com/team', 'team', 'perennial.dev.example.com/a'].map(withKey),
      rejects: ['perennial.dev/certificate-name', 'perennial.dev/x'].map(withKey),
    },
    {
      cel: `self.all(key, key.matches(${celText(keyPattern.source)}))`,
      holds: (map) => Object.keys(map).every((key) => keyPattern.test(key)),
      message:
        'A key is a name of at most 63 letters, digits, hyphens, underscores and dots, with an optional domain and a slash in front, for example example.com/team.',
      accepts: ['team', 'example.com/team', 'A_b.c-d', 'a'.repeat(63)].map(withKey),
      rejects: ['te am', '/team', 'example.com/', 'a/b/c', 'Example.com/team', '-a', 'a'.repeat(64)].map(withKey),
    },
  ]
}

const labelValue = ruled(
  z.string().max(63).meta({ description: 'The value of a label.' }),
  placed(
    [
      matching(/^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/, {
        message:
          'The value of a label is empty, or letters, digits, hyphens, underscores and dots with a letter or digit at both ends; put other text into an annotation.',
        accepts: ['', 'web', 'a_b.c-d'],
        rejects: ['a b', 'web-', '.', 'a/b'],
      }),
    ],
    (value) => ({ secretTemplate: { labels: { team: value } } }),
  ),
)

const annotationValue = z.string().max(16384).meta({ description: 'The value of an annotation.' })

export const secretTemplate = z
  .object({
    labels: ruled(textMap(labelValue, 'Labels of the Secret.'), mapRules('labels')).exactOptional(),
    annotations: ruled(textMap(annotationValue, 'Annotations of the Secret.'), mapRules('annotations')).exactOptional(),
  })
  .meta({ description: 'Labels and annotations for the Secret. What is dropped from here is removed from the Secret.' })
