/** The passwords of the keystores that a Certificate asks for. */
import type { CertificateSpec } from '../../api/certificate.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { SecretText } from '../../std/secret.ts'

export interface KeystorePasswords {
  readonly jks?: SecretText | undefined
  readonly pkcs12?: SecretText | undefined
}

/** Where the Secrets of passwords lie. */
export interface PasswordSource {
  /** @returns the Secret's data, base64; undefined when there is no such Secret */
  read(secretName: string): Promise<Readonly<Record<string, string>> | undefined>
  /** What to do about an entry that is not there, to end a sentence with. */
  readonly cure: string
}

/** @returns the passwords, or a sentence that names the field, the Secret and the entry that is missing */
export async function readPasswords(
  spec: CertificateSpec,
  source: PasswordSource,
): Promise<Result<KeystorePasswords, string>> {
  const found: { jks?: SecretText; pkcs12?: SecretText } = {}
  for (const kind of ['jks', 'pkcs12'] as const) {
    const keystore = spec.keystores?.[kind]
    if (keystore?.create !== true) continue
    const password = await readPassword(keystore, source)
    if (!password.ok) return err(`spec.keystores.${kind}.${password.error}`)
    found[kind] = password.value
  }
  return ok(found)
}

interface Keystore {
  readonly password?: string | undefined
  readonly passwordSecretRef?: { readonly name: string; readonly key?: string | undefined } | undefined
}

async function readPassword(keystore: Keystore, source: PasswordSource): Promise<Result<SecretText, string>> {
  if (keystore.password !== undefined) return ok(new SecretText(keystore.password))
  const { name = '', key = 'password' } = keystore.passwordSecretRef ?? {}
  const base64 = (await source.read(name))?.[key]
  if (base64 === undefined || base64 === '')
    return err(`passwordSecretRef: Secret ${name} has no entry ${key}; ${source.cure}`)
  return ok(new SecretText(Buffer.from(base64, 'base64').toString('utf8')))
}
