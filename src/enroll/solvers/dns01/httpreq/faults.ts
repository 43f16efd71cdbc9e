/** How a bridge of one's own refuses, in one place: it speaks in HTTP statuses only. */
import type { Dialect } from '../calls.ts'

const login = 'check the username and password in the Secret that {field}.credentialsSecretRef names'

export const dialect: Dialect = {
  service: 'the service at {field}.endpoint',
  statuses: {
    401: { code: 'CredentialsRejected', cure: login },
    403: { code: 'CredentialsRejected', cure: login },
    404: { code: 'Misconfigured', cure: 'check {field}.endpoint, below which /present and /cleanup must lie' },
    405: { code: 'Misconfigured', cure: 'check {field}.endpoint, below which /present and /cleanup must lie' },
  },
  codes: {},
  // The protocol has no words for a refusal, and whoever wrote the issuer chose whom to ask.
  read: ({ body }) => ({ unshown: Buffer.from(body.subarray(0, 4096)).toString('utf8') }),
}
