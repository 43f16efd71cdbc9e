/** The outside world of a provider in tests: the service, the cluster behind the same service, and what the process was given. */
import type { ProviderCtx } from '../../../src/enroll/solvers/dns01/provider.ts'
import { encodeText, recordTypes } from '../../../src/net/dnsmessage.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { ok } from '../../../src/std/result.ts'
import type { Json } from '../../../src/std/json.ts'
import type { Logger } from '../../../src/std/log.ts'
import { answerWith } from '../dnsanswers.ts'
import type { Service } from './service.ts'

/** Where the aggregated API is called in tests. */
export const clusterOrigin = 'https://kubernetes.default.svc'

export interface ContextParts {
  readonly service: Service
  readonly signal: AbortSignal
  readonly log: Logger
  /** Undefined: the issuer may not use what belongs to the process. */
  readonly ambient?:
    | { readonly variables?: Readonly<Record<string, string>>; readonly files?: Readonly<Record<string, string>> }
    | undefined
}

export function contextOf({ service, signal, log, ambient }: ContextParts): ProviderCtx {
  return {
    now: () => systemClock.now(),
    http: service.http,
    dns: dnsOf(service),
    cluster: {
      resourceNamespace: 'perennial',
      create: async (path, body, aborted) => {
        const headers = { 'content-type': 'application/json' }
        const request = { method: 'POST', url: clusterOrigin + path, headers, body: JSON.stringify(body) } as const
        const reply = await service.http.send(request, aborted)
        aborted.throwIfAborted()
        return reply.ok
          ? { status: reply.value.status, body: parsed(reply.value.body) }
          : { status: 503, body: undefined }
      },
    },
    ambient: {
      allowed: ambient !== undefined,
      variable: (name) => ambient?.variables?.[name],
      file: (path) => Promise.resolve(ambient?.files?.[path]),
    },
    signal,
    log,
  }
}

function parsed(body: Uint8Array): Json | undefined {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Json
  } catch {
    return undefined
  }
}

/** Recursive servers that know what the service holds at once. */
function dnsOf({ world }: Service): ProviderCtx['dns'] {
  const silent = { ok: false, error: { kind: 'unreachable', message: 'no such server in this test' } } as const
  return {
    recursive: [{ host: '127.0.0.1', port: 53 }],
    asksAuthoritative: true,
    authoritativePort: 53,
    ask: () => Promise.resolve(silent),
    exchange: () => Promise.resolve(silent),
    lookUp: ({ name }) => Promise.resolve(ok(answerWith(name, recordTypes.TXT, world.values(name).map(encodeText)))),
  }
}
