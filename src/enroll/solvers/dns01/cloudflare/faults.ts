/** How Cloudflare refuses, in one place: https://developers.cloudflare.com/fundamentals/api/troubleshooting/ */
import { readJsonObject } from '../../../../std/json.ts'
import type { Dialect } from '../calls.ts'
import { numberIn, objectsIn, textIn } from '../json.ts'

const login = 'check the Secret that {field} names: the credential must be whole, and still be valid'
const rights = 'give the token that {field} names the permissions Zone:Read and DNS:Edit for the zone'

export const dialect: Dialect = {
  service: 'Cloudflare',
  statuses: {
    401: { code: 'CredentialsRejected', cure: login },
    403: { code: 'CredentialsRejected', cure: rights },
    404: { code: 'Misconfigured', cure: rights },
  },
  codes: {
    6003: { code: 'CredentialsRejected', cure: login },
    6111: { code: 'CredentialsRejected', cure: login },
    9103: { code: 'CredentialsRejected', cure: login },
    9106: { code: 'CredentialsRejected', cure: login },
    9109: { code: 'CredentialsRejected', cure: rights },
    10000: { code: 'CredentialsRejected', cure: rights },
    81045: { code: 'Misconfigured', cure: 'the zone holds as many records as its plan allows; remove some' },
  },
  read: ({ body }) => {
    const [first = {}] = objectsIn(readJsonObject(body)?.['errors'])
    const code = numberIn(first['code'])
    return { code: code === undefined ? undefined : String(code), words: textIn(first['message']) }
  },
}

/** A record with this name, type and value is there already. */
export const sameExists = '81058'
/** There is no such record (any more). */
export const noSuchRecord = '81044'
