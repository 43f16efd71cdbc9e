/**
 * Answers to challenges, looked up in the statuses of Certificates: whoever has the cache can answer, so every replica behind
 * the Service serves every challenge, the one that is leading or not.
 */
import type { ChallengeAnswer } from '../../enroll/challenge.ts'
import type { Store } from '../../kube/store.ts'
import { serverNameOf } from '../../std/ip.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'

export interface AnswerBook {
  /** @returns the body to answer with (the key authorization), or undefined when no challenge has this token */
  find(token: string): string | undefined
}

/** @returns the answers that a CA may look for when it asks for this name in a TLS handshake, the newest enrollment last */
export function tlsAnswersIn(
  certificates: Store<CertificateProjection>,
): (serverName: string) => readonly ChallengeAnswer[] {
  return (serverName) =>
    [...certificates.byIndex('serverName', serverName)]
      .map((key) => certificates.get(key)?.object.status?.enrollment)
      .toSorted((one, other) => (one?.startedAt ?? '').localeCompare(other?.startedAt ?? ''))
      .flatMap((enrollment) => enrollment?.ticket?.answers ?? [])
      .filter(({ type, identifier }) => type === 'tls-alpn-01' && serverNameOf(identifier) === serverName)
}

export function answersIn(certificates: Store<CertificateProjection>): AnswerBook {
  return {
    find: (token) => {
      for (const key of certificates.byIndex('token', token)) {
        const answers = certificates.get(key)?.object.status?.enrollment?.ticket?.answers ?? []
        const answer = answers.find((candidate) => candidate.type === 'http-01' && candidate.token === token)
        if (answer !== undefined) return answer.value
      }
      return undefined
    },
  }
}
