/**
 * What a replica shows to a CA that asks for a TLS-ALPN-01 answer (RFC 8737): a certificate made on the spot from the answer in
 * the Certificate's status. It shows the same to everybody, so it needs no trust in who asks.
 */
import type { ChallengeAnswer } from '../../enroll/challenge.ts'
import { generateKey } from '../../pki/key.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { certificatesPem } from '../../pki/pem.ts'
import { proofCertificate } from '../../pki/proof.ts'
import type { Pem } from '../../std/bytes.ts'
import type { Clock } from '../../std/clock.ts'
import { canonicalIp } from '../../std/ip.ts'
import { LatestMap } from '../../std/latestmap.ts'

/** RFC 8737 section 6.2. */
export const alpnProtocol = 'acme-tls/1'

interface Shown {
  readonly certificate: Pem
  readonly key: Pem
}

/** Certificates that are kept, for CAs look from several places; the oldest are forgotten first. */
const mostKept = 1000

export class AlpnProofs {
  readonly #answersFor: (serverName: string) => readonly ChallengeAnswer[]
  readonly #clock: Clock
  readonly #kept = new LatestMap<string, Promise<Shown>>(mostKept)
  #key: Promise<PrivateKey> | undefined

  constructor(answersFor: (serverName: string) => readonly ChallengeAnswer[], clock: Clock) {
    this.#answersFor = answersFor
    this.#clock = clock
  }

  /** @returns what to show; undefined when no challenge is about that name. Of several, the last to be ordered */
  async find(serverName: string): Promise<Shown | undefined> {
    const answer = this.#answersFor(serverName).at(-1)
    if (answer === undefined) return undefined
    const kept = this.#kept.get(answer.token) ?? this.#make(answer)
    this.#kept.set(answer.token, kept)
    return kept
  }

  /** One key for all: it proves nothing, and nobody relies on it. */
  async #make({ identifier, value }: ChallengeAnswer): Promise<Shown> {
    this.#key ??= generateKey({ algorithm: 'ECDSA', size: 256 })
    const key = await this.#key
    const address = canonicalIp(identifier)
    const name =
      address === undefined ? ({ type: 'dns', value: identifier } as const) : ({ type: 'ip', value: address } as const)
    const certificate = await proofCertificate({ name, keyAuthorization: value }, key, this.#clock.now())
    return { certificate: certificatesPem([certificate]), key: key.toPem('PKCS8') }
  }
}
