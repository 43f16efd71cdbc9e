/** How DigitalOcean refuses, in one place: https://docs.digitalocean.com/reference/api/ */
import { readJsonObject } from '../../../../std/json.ts'
import type { Dialect } from '../calls.ts'
import { textIn } from '../json.ts'

export const dialect: Dialect = {
  service: 'DigitalOcean',
  statuses: {
    401: {
      code: 'CredentialsRejected',
      cure: 'make a new token, and store it in the Secret that {field}.tokenSecretRef names',
    },
    403: {
      code: 'CredentialsRejected',
      cure: 'give the token that {field}.tokenSecretRef names the scopes domain:read, domain:create, domain:update and domain:delete',
    },
  },
  codes: {},
  read: ({ body }) => {
    const said = readJsonObject(body)
    return { code: textIn(said?.['id']), words: textIn(said?.['message']) }
  },
}
