/** Builds the outside world of one call to an enroller. */
import { isDeepStrictEqual } from 'node:util'
import type { Certificate } from '../api/certificate.ts'
import type { Secret } from '../api/meta.ts'
import type { ChallengeBoard } from '../enroll/challenge.ts'
import type { Ctx, Vault, VouchedRoot } from '../enroll/enroller.ts'
import type { Surroundings } from '../enroll/surroundings.ts'
import { KubeError } from '../kube/errors.ts'
import { changesOf, testsOf } from '../kube/jsonpatch.ts'
import type { Resource } from '../kube/resource.ts'
import type { HttpClient } from '../net/http.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import { labels } from './names.ts'

export interface ContextParts {
  readonly clock: Clock
  readonly log: Logger
  readonly boards: { boardFor(certificate: Certificate | undefined, signal: AbortSignal): ChallengeBoard }
  readonly secrets: Resource<Secret>
  readonly surroundingsOf: (source: ContextSource | undefined) => Surroundings
}

/** What of an issuer a call needs. */
export interface ContextSource {
  readonly http: HttpClient
  readonly secretNamespace: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly vouched?: () => readonly VouchedRoot[]
}

/** Stands in for the HTTP client in steps that have no issuer; a call through it is a bug and answers so. */
const noHttp: HttpClient = {
  send: () => Promise.resolve({ ok: false, error: { kind: 'unreachable', message: 'no issuer, no network' } }),
}

export class ContextMaker {
  readonly #parts: ContextParts

  constructor(parts: ContextParts) {
    this.#parts = parts
  }

  /** @param certificate - whose enrollment it is; answers to challenges can be shown for that only */
  contextFor(source: ContextSource | undefined, signal: AbortSignal, certificate?: Certificate): Ctx {
    const { clock, log, boards, secrets, surroundingsOf } = this.#parts
    return {
      now: () => clock.now(),
      told: (exchange) => log.debug('exchange with the CA', { ...exchange }),
      http: source?.http ?? noHttp,
      signal,
      log,
      board: boards.boardFor(certificate, signal),
      vault: secretVault(secrets, { namespace: source?.secretNamespace ?? '', signal }),
      surroundings: surroundingsOf(source),
      ...(source?.vouched === undefined ? {} : { vouched: source.vouched() }),
    }
  }
}

/** Secrets that issuers make for themselves, in the namespace where their other Secrets lie. */
function secretVault(
  secrets: Resource<Secret>,
  { namespace, signal }: { namespace: string; signal: AbortSignal },
): Vault {
  const load: Vault['load'] = async (name) => {
    const secret = await secrets.get({ namespace, name }, signal)
    return secret === undefined ? undefined : decode(secret.data ?? {})
  }
  return {
    load,
    create: async (name, data) => {
      const metadata = { namespace, name, labels: { [labels.managed]: 'issuer' } }
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encode(data) }
      try {
        await secrets.create(secret, signal)
        return data
      } catch (error) {
        if (!(error instanceof KubeError) || error.reason !== 'alreadyExists') throw error
        return (await load(name)) ?? data
      }
    },
    swap: async (name, expected, data) => {
      const current = await secrets.get({ namespace, name }, signal)
      if (current === undefined || !isDeepStrictEqual({ ...current.data }, encode(expected))) return false
      const gone = Object.keys(expected).filter((key) => !(key in data))
      const removals = Object.fromEntries(gone.map((key) => [key, null]))
      const change = { data: { ...removals, ...encode(data) } }
      const operations = [...testsOf(current, [['metadata', 'uid'], ['data']]), ...changesOf(current, change)]
      try {
        await secrets.jsonPatch({ namespace, name }, operations, signal)
        return true
      } catch (error) {
        if (error instanceof KubeError && error.reason === 'conflict') return false
        throw error
      }
    },
  }
}

function encode(data: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]))
}

/** Secret data as bytes. */
export function decode(data: Readonly<Record<string, string>>): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(data).map(([key, base64]) => [key, new Uint8Array(Buffer.from(base64, 'base64'))]),
  )
}
