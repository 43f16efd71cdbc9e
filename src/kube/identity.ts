/**
 * Who we are at the API server. The only importer of the Kubernetes client library, of which it takes the reading of
 * kubeconfig files, in-cluster files, exec plugins and OIDC, and nothing else (docs/adr/0003).
 */
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

/** TLS material and headers for one request. PEM. */
export interface Credentials {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly skipVerify: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface Identity {
  /** URL of the API server, without a slash at its end. */
  readonly server: string
  /** Read anew on each call; the library caches what is expensive and reads token files again within a minute. */
  credentials(): Promise<Credentials>
}

/** @param source - `kubeconfig` is a path; without it the pod's ServiceAccount, or the user's default file */
export function loadIdentity(source: { readonly kubeconfig?: string }): Result<Identity, string> {
  const config = new KubeConfig()
  try {
    if (source.kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(source.kubeconfig)
  } catch (error) {
    return err(`The kubeconfig ${source.kubeconfig ?? '(default)'} cannot be read: ${(error as Error).message}`)
  }
  const cluster = config.getCurrentCluster()
  if (cluster === null || cluster === undefined)
    return err('The kubeconfig names no cluster; set current-context to a context that exists.')
  return ok({ server: cluster.server.replace(/\/+$/, ''), credentials: () => credentialsOf(config) })
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)])
  if (options.auth !== undefined && options.auth !== null)
    headers.push(['authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`])
  return {
    ca: text(options.ca),
    cert: text(options.cert),
    key: text(options.key),
    skipVerify: options.rejectUnauthorized === false,
    headers: Object.fromEntries(headers),
  }
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
