/** What is written into the Secret besides tls.crt and tls.key. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { secretKeySelector } from '../meta.ts'
import { ruled } from '../rule.ts'
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
      type: z
        .enum(['DER', 'CombinedPEM'])
        .meta({
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

const ourPrefix: Omit<Rule<Record<string, string>>, 'accepts' | 'rejects'> = {
  cel: "self.all(key, !key.startsWith('perennial.dev/'))",
  holds: (map) => !Object.keys(map).some((key) => key.startsWith('perennial.dev/')),
  message: 'Keys that start with perennial.dev/ belong to Perennial; choose another prefix.',
}

const mapRule = (member: 'labels' | 'annotations'): Rule<Record<string, string>> => ({
  ...ourPrefix,
  accepts: [
    { secretTemplate: { [member]: { 'example.com/team': 'web', team: 'web', 'perennial.dev.example.com/a': 'b' } } },
  ],
  rejects: [{ secretTemplate: { [member]: { 'perennial.dev/certificate-name': 'other', team: 'web' } } }],
})

export const secretTemplate = z
  .object({
    labels: ruled(textMap(63, 'Labels of the Secret.'), [mapRule('labels')]).exactOptional(),
    annotations: ruled(textMap(16384, 'Annotations of the Secret.'), [mapRule('annotations')]).exactOptional(),
  })
  .meta({ description: 'Labels and annotations for the Secret. What is dropped from here is removed from the Secret.' })
