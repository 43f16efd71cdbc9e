/** What a SCEP service says it can do (RFC 8894 section 3.5), and the algorithms that follow from it. Pure. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import type { Cipher } from '../../pki/cms/cipher.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HashName } from '../../pki/key.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** The keywords that mean something to us, as the RFC spells them. */
const known = [
  'AES',
  'DES3',
  'GetNextCACert',
  'POSTPKIOperation',
  'Renewal',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'SCEPStandard',
  'Update',
] as const

export type Keyword = (typeof known)[number]

export type Capabilities = ReadonlySet<Keyword>

const byLowerCase = new Map(known.map((word) => [word.toLowerCase(), word]))

/** More than any service has to say. */
const longestList = 4096

/**
 * Reads the reply to GetCACaps. Lines end in LF, CR LF or CR; case and spaces do not matter; words nobody knows are passed over
 * (section 3.5.2), so that whatever a service answers is a list, possibly an empty one.
 *
 * @param body - the reply, of whatever content type
 */
export function readCapabilities(body: Uint8Array): Capabilities {
  const text = Buffer.from(body.subarray(0, longestList)).toString('latin1')
  const words = text.split(/[\r\n]+/).map((line) => byLowerCase.get(line.trim().toLowerCase()))
  return new Set(words.filter((word) => word !== undefined))
}

/** `SCEPStandard` stands for AES, SHA-256 and POST (section 3.5.2). */
export const can = (capabilities: Capabilities, word: Keyword): boolean =>
  capabilities.has(word) || (standard.has(word) && capabilities.has('SCEPStandard'))

const standard: ReadonlySet<Keyword> = new Set(['AES', 'SHA-256', 'POSTPKIOperation'])

/** How a request is protected. */
export interface Algorithms {
  readonly hash: HashName
  readonly cipher: Cipher
  /** What should not be used any more, for example `SHA-1`. */
  readonly legacy: readonly string[]
}

type Settings = Pick<ScepSpec, 'digest' | 'cipher' | 'allowLegacy'>

const digests = ['SHA-512', 'SHA-384', 'SHA-256'] as const

/**
 * Chooses the algorithms of requests: what the spec names, else the best that the service lists. `AES` means AES-128-CBC
 * (section 3.5.2), so that AES-256-CBC is used only when it is asked for.
 *
 * @returns the algorithms, or a fault that says which switch would make the service usable
 */
export function chooseAlgorithms(capabilities: Capabilities, settings: Settings): Result<Algorithms, Fault> {
  const hash = chooseHash(capabilities, settings)
  const cipher = chooseCipher(capabilities, settings)
  if (hash === undefined) return err(unlisted(capabilities, { what: 'digest', needs: 'SHA-256', legacy: 'SHA-1' }))
  if (cipher === undefined) return err(unlisted(capabilities, { what: 'cipher', needs: 'AES', legacy: 'DES-EDE3-CBC' }))
  const legacy = [...(hash === 'SHA-1' ? [hash] : []), ...(cipher === 'DES-EDE3-CBC' ? [cipher] : [])]
  return ok({ hash, cipher, legacy })
}

function chooseHash(capabilities: Capabilities, { digest = 'Auto', allowLegacy = [] }: Settings): HashName | undefined {
  if (digest !== 'Auto') return digest
  return digests.find((name) => can(capabilities, name)) ?? (allowLegacy.includes('SHA-1') ? 'SHA-1' : undefined)
}

function chooseCipher(capabilities: Capabilities, { cipher = 'Auto', allowLegacy = [] }: Settings): Cipher | undefined {
  if (cipher !== 'Auto') return cipher
  if (can(capabilities, 'AES')) return 'AES-128-CBC'
  return allowLegacy.includes('DES-EDE3-CBC') ? 'DES-EDE3-CBC' : undefined
}

function unlisted(
  capabilities: Capabilities,
  { what, needs, legacy }: { readonly what: string; readonly needs: string; readonly legacy: string },
): Fault {
  const listed = capabilities.size === 0 ? 'lists no capabilities' : `lists only ${[...capabilities].join(', ')}`
  return fault(
    'Misconfigured',
    `the SCEP service ${listed}, and not ${needs}; if it can do better than it says, name it in spec.scep.${what}, otherwise add ${legacy} to spec.scep.allowLegacy`,
  )
}
