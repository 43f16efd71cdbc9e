/** What providers find in the Secrets that the spec names. */
import type { Fault } from '../../../domain/fault.ts'
import { ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'
import { SecretText } from '../../../std/secret.ts'
import type { CredentialNeed, Credentials } from '../../enroller.ts'
import { brokenSecret, lineIn } from '../../secrets.ts'

/** An entry of a Secret, as the spec names it. */
interface SecretEntry {
  readonly name: string
  readonly key: string
}

/** @param field - path of the reference in the spec */
export const needOf = (field: string, { name, key }: SecretEntry): CredentialNeed => ({
  field,
  secretName: name,
  keys: [key],
})

/** @returns one line of visible ASCII, as headers and passwords of services take it */
export function secretLine(field: string, key: string, credentials: Credentials): Result<SecretText, Fault> {
  const line = lineIn(credentials.get(field)?.[key])?.trim()
  if (line === undefined) return brokenSecret(field, `its entry ${key} is not one line of text`)
  if (line === '') return brokenSecret(field, `its entry ${key} is empty`)
  if (!/^[\x20-\x7e]+$/.test(line)) return brokenSecret(field, `its entry ${key} has characters outside ASCII`)
  return ok(new SecretText(line))
}
