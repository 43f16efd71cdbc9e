/** How Google refuses, in one place: Cloud DNS (API v1), the token endpoint (RFC 6749 section 5.2) and the metadata server. */
import { readJsonObject } from '../../../../std/json.ts'
import type { Dialect, FaultRow } from '../calls.ts'
import { objectIn, objectsIn, textIn } from '../json.ts'

const rights: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'give the identity that {field} names the role DNS Administrator (roles/dns.admin) in the project',
}
const key: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'make a new key of the service account, and store it in the Secret that {field}.serviceAccountSecretRef names',
}
const place: FaultRow = { code: 'Misconfigured', cure: 'check {field}.project and {field}.hostedZoneName' }
const again: FaultRow = { code: 'RateLimited', cure: 'it is tried again later' }

const codes: Readonly<Record<string, FaultRow>> = {
  authError: rights,
  forbidden: rights,
  insufficientPermissions: rights,
  accessNotConfigured: { code: 'Misconfigured', cure: 'enable the API dns.googleapis.com in the project' },
  rateLimitExceeded: again,
  userRateLimitExceeded: again,
  quotaExceeded: again,
  dailyLimitExceeded: again,
  notFound: place,
  backendError: { code: 'ServerFailed', cure: 'it is tried again' },
  invalid_grant: key,
  invalid_client: key,
  unauthorized_client: key,
  access_denied: key,
}

export const dialect: Dialect = {
  service: 'Google Cloud',
  statuses: {
    401: rights,
    403: rights,
    404: place,
    409: { code: 'ServerFailed', cure: 'another change is under way; it is tried again' },
  },
  codes,
  read: ({ body }) => {
    const said = readJsonObject(body)
    const error = objectIn(said?.['error'])
    const [detail = {}] = objectsIn(error['errors'])
    return {
      code: textIn(detail['reason']) ?? textIn(said?.['error']),
      words: textIn(error['message']) ?? textIn(said?.['error_description']) ?? '',
    }
  },
}
