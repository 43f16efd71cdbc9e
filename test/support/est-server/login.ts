/** HTTP logins as a server checks them (RFC 7616 and 7617), written without a look at the client. */
import { createHash, randomBytes } from 'node:crypto'
import type { FakeRequest } from './fake.ts'
import type { EstTroubles } from './troubles.ts'

export type Scheme = 'Basic' | 'MD5' | 'SHA-256' | 'MD5-sess' | 'SHA-256-sess' | 'SHA-512-256' | 'RFC2069' | 'Negotiate'

const realm = 'est "devices"'
const quotedRealm = realm.replaceAll('"', '\\"')

export class LoginGuard {
  readonly #uses = new Map<string, number>()

  /** @returns headers of a 401, or undefined when the request proved itself */
  check(
    request: FakeRequest,
    { login, nonceUses }: EstTroubles,
  ): Readonly<Record<string, readonly string[]>> | undefined {
    if (login === undefined) return undefined
    const given = request.headers['authorization'] ?? ''
    const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
    if (login.schemes.includes('Basic') && given === basic) return undefined
    const verdict = given.startsWith('Digest ') ? this.#digest(request, given, { login, nonceUses }) : 'wrong'
    if (verdict === 'right') return undefined
    return { 'www-authenticate': login.schemes.map((scheme) => this.#challenge(scheme, verdict === 'stale')) }
  }

  #challenge(scheme: Scheme, stale: boolean): string {
    if (scheme === 'Basic') return `Basic realm="${quotedRealm}", charset="UTF-8"`
    if (scheme === 'Negotiate') return 'Negotiate'
    const nonce = randomBytes(12).toString('hex')
    this.#uses.set(nonce, 0)
    const modern = scheme === 'RFC2069' ? '' : `, qop="auth, auth-int", algorithm=${scheme}, opaque="o,p=q"`
    return `Digest realm="${quotedRealm}", nonce="${nonce}"${modern}${stale ? ', stale=TRUE' : ''}`
  }

  #digest(
    request: FakeRequest,
    header: string,
    { login, nonceUses }: { login: NonNullable<EstTroubles['login']>; nonceUses: number | undefined },
  ): 'right' | 'wrong' | 'stale' {
    const field = (name: string): string => {
      const [, quoted, plain = ''] =
        new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^",\\s]*))`).exec(header) ?? []
      return quoted ?? plain
    }
    const [nonce, uri, nc, cnonce, qop] = ['nonce', 'uri', 'nc', 'cnonce', 'qop'].map(field)
    const algorithm = field('algorithm') || 'MD5'
    const hash = algorithm.startsWith('MD5') ? 'md5' : algorithm.startsWith('SHA-512') ? 'sha512-256' : 'sha256'
    const h = (text: string): string => createHash(hash).update(text).digest('hex')
    const uses = this.#uses.get(nonce ?? '')
    if (uses === undefined || uri !== request.target || field('username') !== login.username) return 'wrong'
    const first = h(`${login.username}:${realm}:${login.password}`)
    const a1 = algorithm.endsWith('-sess') ? h(`${first}:${nonce}:${cnonce}`) : first
    const a2 = h(`${request.method}:${uri}`)
    const expected = qop === '' ? h(`${a1}:${nonce}:${a2}`) : h([a1, nonce, nc, cnonce, qop, a2].join(':'))
    if (field('response') !== expected) return 'wrong'
    if (uses >= (nonceUses ?? Infinity)) return 'stale'
    if (qop !== '' && Number.parseInt(nc ?? '', 16) !== uses + 1) return 'wrong'
    this.#uses.set(nonce ?? '', uses + 1)
    return 'right'
  }
}
