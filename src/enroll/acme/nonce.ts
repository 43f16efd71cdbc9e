/** Nonces that the CA has given out (RFC 8555 section 6.5). Every reply brings one, so that one must be asked for only rarely. */
import type { HttpResponse } from '../../net/http.ts'

const mostKept = 64
/** base64url (RFC 8555 section 6.5.1). Anything else is no nonce. */
const shape = /^[A-Za-z0-9_-]{1,512}$/

/** @returns the nonce that a reply brings; errors bring one as well */
export function nonceIn({ headers }: HttpResponse): string | undefined {
  const nonce = headers.get('replay-nonce')
  return nonce !== undefined && shape.test(nonce) ? nonce : undefined
}

export class NoncePool {
  readonly #nonces: string[] = []

  add(nonce: string | undefined): void {
    if (nonce === undefined) return
    this.#nonces.push(nonce)
    if (this.#nonces.length > mostKept) this.#nonces.shift()
  }

  /** The newest nonce first: old ones may have run out. Each is handed out once. */
  take(): string | undefined {
    return this.#nonces.pop()
  }
}
