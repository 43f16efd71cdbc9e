/**
 * Who asks, and what they may see: the API server knows both. A token is looked at by a TokenReview, a right by a
 * SubjectAccessReview. Verdicts are kept for a short time, so that a page costs the API server little; what is taken away
 * from somebody is gone here after that time too.
 */
import { KubeError } from '../kube/errors.ts'
import type { Transport } from '../kube/transport.ts'
import type { Clock } from '../std/clock.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { seconds } from '../std/time.ts'
import { Remembered } from './remembered.ts'

/** A person or a program, as the API server names it. */
export interface User {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** What somebody may be allowed to list, and the API group of each. */
const groupOf = {
  certificates: 'perennial.dev',
  issuers: 'perennial.dev',
  clusterissuers: 'perennial.dev',
  certificatepolicies: 'perennial.dev',
  events: '',
  pods: '',
  mutatingwebhookconfigurations: 'admissionregistration.k8s.io',
  validatingwebhookconfigurations: 'admissionregistration.k8s.io',
} as const

export type Listed = keyof typeof groupOf

export type Refusal = 'unknown' | 'unavailable'

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean
    readonly user?: Partial<User>
  }
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean }
}

export interface AccessOptions {
  readonly transport: Pick<Transport, 'request'>
  readonly clock: Clock
  /** SHA-256 in hex, by which tokens are remembered without being kept. */
  readonly hash: (text: string) => string
}

const remembering = { age: seconds(30), most: 1000 }
const rightsRemembered = { age: seconds(30), most: 50_000 }
const deadline = seconds(10)
/** Longer than any token, with room for those of identity providers that carry many groups. */
const longestToken = 12_000
/** Questions about rights that are under way for one request. */
const atOnce = 16
/** Tokens that are under review at one time; strangers must not keep the API server busy. */
const mostReviews = 32

export class Access {
  readonly #options: AccessOptions
  readonly #users: Remembered<Result<User, Refusal>>
  readonly #rights: Remembered<boolean>
  #reviews = 0

  constructor(options: AccessOptions) {
    this.#options = options
    this.#users = new Remembered(options.clock, remembering)
    this.#rights = new Remembered(options.clock, rightsRemembered)
  }

  /**
   * @param authorization - the header as it came
   * @returns who that is; `unknown` for no token or a wrong one, `unavailable` when the API server cannot be asked
   */
  identify(authorization: string | undefined): Promise<Result<User, Refusal>> {
    const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization ?? '') ?? []
    if (token === undefined || token.length > longestToken) return Promise.resolve(err('unknown'))
    const key = this.#options.hash(token)
    return this.#users.get(
      key,
      () => this.#review(token),
      (verdict) => verdict.ok || verdict.error === 'unknown',
    )
  }

  /**
   * @param namespaces - those that are asked about
   * @returns those of them in which the user may list; every one where they may list in the whole cluster
   * @throws KubeError when the API server cannot be asked
   */
  async allowed(user: User, listed: Listed, namespaces: Iterable<string>): Promise<ReadonlySet<string>> {
    const all = [...new Set(namespaces)]
    if (await this.mayEverywhere(user, listed)) return new Set(all)
    const allowed = new Set<string>()
    const waiting = all.values()
    const work = async (): Promise<void> => {
      for (const namespace of waiting) if (await this.#may(user, listed, namespace)) allowed.add(namespace)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return allowed
  }

  mayEverywhere(user: User, listed: Listed): Promise<boolean> {
    return this.#may(user, listed, '')
  }

  async #review(token: string): Promise<Result<User, Refusal>> {
    if (this.#reviews >= mostReviews) return err('unavailable')
    this.#reviews += 1
    try {
      const review = await this.#create<TokenReview>('authentication.k8s.io', 'TokenReview', { token })
      const { authenticated, user } = review.status ?? {}
      if (authenticated !== true || user?.username === undefined) return err('unknown')
      const { username, uid = '', groups = [], extra = {} } = user
      return ok({ username, uid, groups, extra })
    } catch (error) {
      if (error instanceof KubeError) return err('unavailable')
      throw error
    } finally {
      this.#reviews -= 1
    }
  }

  #may(user: User, listed: Listed, namespace: string): Promise<boolean> {
    const key = this.#options.hash(JSON.stringify([user, listed, namespace]))
    return this.#rights.get(key, async () => {
      const resourceAttributes = {
        group: groupOf[listed],
        resource: listed,
        verb: 'list',
        ...(namespace === '' ? {} : { namespace }),
      }
      const { username, ...more } = user
      const spec = { resourceAttributes, user: username, ...more }
      const review = await this.#create<SubjectAccessReview>('authorization.k8s.io', 'SubjectAccessReview', spec)
      return review.status?.allowed === true
    })
  }

  #create<T>(group: string, kind: 'TokenReview' | 'SubjectAccessReview', spec: object): Promise<T> {
    const { transport, clock } = this.#options
    const ending = new AbortController()
    const cancel = clock.after(deadline, () => ending.abort())
    const resource = `${kind.toLowerCase()}s`
    return transport
      .request<T>({
        method: 'POST',
        path: `/apis/${group}/v1/${resource}`,
        verb: 'create',
        resource,
        body: { apiVersion: `${group}/v1`, kind, spec },
        signal: ending.signal,
        timeout: deadline,
      })
      .finally(cancel)
  }
}
