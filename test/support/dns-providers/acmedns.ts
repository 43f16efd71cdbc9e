/** acme-dns with its own semantics: two values for each account, of which the older gives way (https://github.com/joohoi/acme-dns). */
import { isJsonObject } from '../../../src/std/json.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

export const account = {
  username: 'eabcdb41-d89f-4580-826f-3e62e9755ef2',
  password: 'pbAXVjlIOE01xbut7YnAbkhMQIkcwoHO0ek2j4Q0',
  fulldomain: 'd420c923-bbd7-4056-ab64-c3ca54c9b3cf.auth.example.com',
  subdomain: 'd420c923-bbd7-4056-ab64-c3ca54c9b3cf',
}

export class AcmeDnsWorld implements World {
  readonly complaints: string[] = []
  readonly secrets = [account.username, account.password]
  password = account.password
  #slots: readonly string[] = ['', '']

  /** Every name that is asked for leads to the one account. */
  values(): readonly string[] {
    return this.#slots.filter((value) => value !== '')
  }

  put(_name: string, value: string): void {
    this.#slots = [...this.#slots.slice(1), value]
  }

  looks(): boolean {
    return false
  }

  answer({ method, origin, path, headers, body }: SeenCall): Reply {
    if (origin !== 'https://auth.example.com' || method !== 'POST' || path !== '/update') return this.#complain(path)
    if (headers['x-api-user'] !== account.username || headers['x-api-key'] !== this.password)
      return json(401, { error: 'forbidden' })
    const update: unknown = JSON.parse(body)
    if (!isJsonObject(update) || update['subdomain'] !== account.subdomain) return json(401, { error: 'forbidden' })
    const { txt } = update
    if (typeof txt !== 'string' || Object.keys(update).length !== 2) return this.#complain(body)
    this.put('', txt)
    return json(200, { txt })
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return json(400, { error: 'bad_subdomain' })
  }
}
