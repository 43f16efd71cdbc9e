/** How acme-dns refuses, in one place: https://github.com/joohoi/acme-dns#api */
import { readJsonObject } from '../../../../std/json.ts'
import type { Dialect, FaultRow } from '../calls.ts'
import { textIn } from '../json.ts'

const account: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'check the account in the Secret that {field}.accountSecretRef names: username, password and subdomain, and from where it may be used (allowfrom)',
}

export const dialect: Dialect = {
  service: 'the acme-dns server at {field}.host',
  statuses: {
    401: account,
    403: account,
    404: { code: 'Misconfigured', cure: 'check {field}.host, below which /update must lie' },
    405: { code: 'Misconfigured', cure: 'check {field}.host, below which /update must lie' },
  },
  codes: {
    forbidden: account,
    invalid_user: account,
    invalid_api_key: account,
    bad_subdomain: account,
    malformed_json_payload: { code: 'Internal', cure: 'it says that it cannot read what was sent' },
    bad_txt: { code: 'Internal', cure: 'it does not take the value, which has the form of RFC 8555 section 8.4' },
    db_error: { code: 'ServerFailed', cure: 'its database failed; it is tried again' },
  },
  read: ({ body }) => {
    const error = textIn(readJsonObject(body)?.['error']) ?? ''
    // Its refusals are single words; what is none comes from another server, and whoever wrote the issuer chose whom to ask.
    return /^[a-z_]{1,40}$/.test(error) ? { code: error, words: error } : { unshown: error }
  },
}
