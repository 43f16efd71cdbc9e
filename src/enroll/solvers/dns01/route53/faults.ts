/** How AWS refuses, in one place: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html and those of STS. */
import type { Dialect, FaultRow } from '../calls.ts'
import { elementsAt, readXml, textAt } from './xml.ts'

const key = 'check the access key that {field}.accessKeyID and {field}.secretAccessKeySecretRef make up'
const policy = 'allow the identity that {field} names what the documentation of the provider lists'

const again: FaultRow = { code: 'RateLimited', cure: 'it is tried again later' }
const brokenKey: FaultRow = { code: 'CredentialsRejected', cure: key }
const denied: FaultRow = { code: 'CredentialsRejected', cure: policy }
const identity: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'the role does not trust this ServiceAccount: check the trust policy of the role, and {field}.role',
}

const codes: Readonly<Record<string, FaultRow>> = {
  Throttling: again,
  ThrottlingException: again,
  TooManyRequests: again,
  RequestLimitExceeded: again,
  PriorRequestNotComplete: { code: 'ServerFailed', cure: 'another change of the zone is under way; it is tried again' },
  ServiceUnavailable: { code: 'ServerFailed', cure: 'it is tried again' },
  InternalFailure: { code: 'ServerFailed', cure: 'it is tried again' },
  ConcurrentModification: { code: 'ServerFailed', cure: 'it is tried again' },
  IDPCommunicationError: { code: 'ServerFailed', cure: 'it is tried again' },
  AccessDenied: denied,
  AccessDeniedException: denied,
  InvalidClientTokenId: brokenKey,
  UnrecognizedClientException: brokenKey,
  SignatureDoesNotMatch: brokenKey,
  IncompleteSignature: brokenKey,
  MissingAuthenticationToken: brokenKey,
  OptInRequired: brokenKey,
  /** Of temporary credentials, for which new ones are asked. */
  ExpiredToken: { code: 'ServerFailed', cure: 'new credentials are asked for, and it is tried again' },
  ExpiredTokenException: {
    code: 'CredentialsExpired',
    cure: 'the token of the ServiceAccount is out of date; is it mounted by a projected volume?',
  },
  InvalidIdentityToken: identity,
  IDPRejectedClaim: identity,
  RequestExpired: { code: 'ClockSkewed', cure: 'check the clock of this cluster' },
  NoSuchHostedZone: { code: 'Misconfigured', cure: 'check {field}.hostedZoneID' },
  InvalidInput: { code: 'RequestRejected', cure: 'AWS cannot use what was sent' },
  InvalidChangeBatch: { code: 'RequestRejected', cure: 'look at what lies at that name in the zone' },
}

export const dialect: Dialect = {
  service: 'AWS',
  statuses: { 401: brokenKey, 403: denied, 404: { code: 'Misconfigured', cure: 'check {field}.hostedZoneID' } },
  codes,
  read: ({ body }) => {
    const root = readXml(Buffer.from(body).toString('utf8'))
    if (root?.name === 'InvalidChangeBatch') {
      const messages = elementsAt(root, 'Messages', 'Message').map(({ text }) => text)
      return { code: 'InvalidChangeBatch', words: messages.join(' ') }
    }
    return { code: textAt(root, 'Error', 'Code'), words: textAt(root, 'Error', 'Message') }
  },
}

/** What an InvalidChangeBatch says when another was faster. */
export const saysRaced = (words: string): boolean =>
  /but it already exists|but it was not found|do not match the current values/.test(words)
