/** Who we are to the server by password: HTTP Basic (RFC 7617) and Digest (RFC 7616), once it asks or at once. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { randomBytes } from '../../pki/random.ts'
import { readChallenges } from './challenge.ts'
import { digestAuthorization, readDigest } from './digest.ts'
import type { DigestChallenge, DigestUse, Login } from './digest.ts'
import { statusFault } from './faults.ts'
import { clip } from '../../std/text.ts'
import type { Operation } from './address.ts'

/** What a request is, as far as Digest covers it. */
export type Covered = Pick<DigestUse, 'method' | 'target'> & {
  /** Undefined where the body is made later, so that it cannot be covered. */
  readonly body: Uint8Array | undefined
}

/** How one call was authenticated. */
export interface Proof {
  readonly header: string
  /** For the trace, for example `HTTP Digest SHA-256`. */
  readonly name: string
}

export interface Asked {
  readonly headers: readonly string[]
  readonly operation: Operation
  /** How many challenges of this call were answered before. */
  readonly answered: number
}

type Known = { readonly kind: 'basic' } | { readonly kind: 'digest'; readonly challenge: DigestChallenge; uses: number }

/** Remembers what the server asked for, so that the next call need not be made twice. */
export class HttpLogin {
  readonly #login: Login | undefined
  #known: Known | undefined

  constructor(login: Login | undefined, authentication: EstSpec['authentication']) {
    this.#login = login
    this.#known = login !== undefined && authentication === 'Preemptive' ? { kind: 'basic' } : undefined
  }

  /** @returns undefined as long as nobody asked */
  prove({ method, target, body }: Covered): Proof | undefined {
    const [login, known] = [this.#login, this.#known]
    if (login === undefined || known === undefined) return undefined
    if (known.kind === 'basic') return { header: basicAuthorization(login), name: 'HTTP Basic' }
    known.uses += 1
    const cnonce = Buffer.from(randomBytes(16)).toString('hex')
    const use = { method, target, body: body ?? new Uint8Array(), count: known.uses, cnonce }
    const name = `HTTP Digest ${known.challenge.algorithm ?? 'MD5'}`
    return { header: digestAuthorization(known.challenge, login, use), name }
  }

  /** @returns undefined when the call shall be made again; a fault when that would not help */
  challenged({ headers, operation, answered }: Asked): Fault | undefined {
    const challenges = readChallenges(headers)
    const digest = strongest(challenges.map(readDigest).filter((one) => one !== undefined))
    const offersBasic = challenges.some(({ scheme }) => scheme === 'basic')
    if (this.#login === undefined)
      return missing(
        operation,
        challenges.map(({ scheme }) => scheme),
      )
    // A stale nonce says nothing against the password (section 3.3); anything else does.
    const isStale = digest?.stale === true && answered < 2
    if (answered > 0 && !isStale) return statusFault(401, operation, '')
    if (digest === undefined && !offersBasic)
      return unknown(
        operation,
        challenges.map(({ scheme }) => scheme),
      )
    this.#known = digest === undefined ? { kind: 'basic' } : { kind: 'digest', challenge: digest, uses: 0 }
    return undefined
  }

  /** @returns the text without the password, which a server might repeat */
  redact(text: string): string {
    const password = this.#login?.password.reveal()
    return password !== undefined && text.includes(password) ? '' : text
  }
}

const strengths: readonly DigestChallenge['hash'][] = ['sha512-256', 'sha256', 'md5']

const strongest = (offers: readonly DigestChallenge[]): DigestChallenge | undefined =>
  [...offers].sort((a, b) => strengths.indexOf(a.hash) - strengths.indexOf(b.hash))[0]

const basicAuthorization = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64')}`

const named = (schemes: readonly string[]): string =>
  schemes.length === 0 ? 'without naming a way to log in' : `for ${clip(schemes.join(' or '))}`

const missing = (operation: Operation, schemes: readonly string[]): Fault =>
  fault(
    'CredentialsMissing',
    `the EST server answered ${operation} with HTTP 401, asking ${named(schemes)}, and this request has nothing to log in with; set spec.est.credentialsSecretRef or spec.est.clientCertificateSecretRef`,
  )

const unknown = (operation: Operation, schemes: readonly string[]): Fault =>
  fault(
    'CredentialsRejected',
    `the EST server answered ${operation} with HTTP 401, asking ${named(schemes)}; only Basic and Digest by MD5, SHA-256 or SHA-512-256 are known here`,
  )
