/**
 * The challenge password (RFC 8894 section 2.4), and the memory that keeps one that counts once from being sent twice: which
 * transaction it was spent on is written down before it is sent, so that only that one may repeat it.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { sha256Hex } from '../../pki/hash.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { SecretText } from '../../std/secret.ts'
import type { Vault } from '../enroller.ts'

export const challengeField = 'spec.scep.challengeSecretRef'

/** Tokens that some services give out as challenges are long, but not this long. */
const longestChallenge = 16_384

/**
 * @param bytes - the entry of the Secret
 * @returns the challenge, unchanged but for line ends around it, which editors add; or a fault that says nothing of its content
 */
export function readChallenge(bytes: Uint8Array | undefined): Result<SecretText, Fault> {
  if (bytes === undefined || bytes.length > longestChallenge)
    return err(
      broken(
        bytes === undefined ? 'is missing' : `has ${bytes.length} bytes, and at most ${longestChallenge} are read`,
      ),
    )
  const text = decode(bytes)?.replace(/^[\r\n]+|[\r\n]+$/g, '')
  if (text === undefined || /\p{Cc}/u.test(text)) return err(broken('is no text in UTF-8 on one line'))
  return text === '' ? err(broken('is empty')) : ok(new SecretText(text))
}

const broken = (what: string): Fault =>
  fault('CredentialsRejected', `the challenge that ${challengeField} names ${what}; store it as the CA gave it out`)

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A challenge that counts once, and the Secret that remembers what it was spent on. */
export interface OneTimeChallenge {
  readonly challenge: SecretText
  /** Of the challenge itself; the memory lies beside it. */
  readonly secretName: string
}

const suffix = '-spent'
const longestName = 253

const memoryName = (secretName: string): string => `${secretName.slice(0, longestName - suffix.length)}${suffix}`

/**
 * Spends the challenge on a transaction; again on the same one does no harm.
 *
 * @returns a fault when it was spent on another one
 */
export async function spend(
  { challenge, secretName }: OneTimeChallenge,
  transaction: string,
  vault: Vault,
): Promise<Fault | undefined> {
  const name = memoryName(secretName)
  const mine = { challenge: Buffer.from(printOf(challenge)), transaction: Buffer.from(transaction) }
  const stored = await vault.create(name, mine)
  if (isSame(stored, 'challenge', mine.challenge)) {
    return isSame(stored, 'transaction', mine.transaction) ? undefined : spent
  }
  // What is remembered is about an earlier challenge; another replica may be about to forget it too.
  if (await vault.swap(name, stored, mine)) return undefined
  return fault('ServerFailed', 'another replica is just using the challenge of this issuer; it is tried again')
}

const spent = fault(
  'CredentialsRejected',
  `the one-time challenge that ${challengeField} names has been used for another request; get a new one from the CA and put it into that Secret`,
)

/** Tells challenges apart, in Secrets only: a short challenge could be found from it. */
export const printOf = (challenge: SecretText): string =>
  sha256Hex(Buffer.from(`spec.scep.challengeSecretRef\0${challenge.reveal()}`)).slice(0, 16)

const isSame = (data: Readonly<Record<string, Uint8Array>>, key: string, expected: Uint8Array): boolean =>
  Buffer.compare(data[key] ?? new Uint8Array(), expected) === 0
