/**
 * Answers to HTTP-01 challenges, looked up in the statuses of Certificates: whoever has the cache can answer, so every
 * replica behind the Service serves every challenge, the one that is leading or not.
 */
import type { Store } from '../../kube/store.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'

export interface AnswerBook {
  /** @returns the body to answer with (the key authorization), or undefined when no challenge has this token */
  find(token: string): string | undefined
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
