/**
 * Who we are at the API server. The only importer of the Kubernetes client library, of which it takes the reading of
 * kubeconfig files, exec plugins and OIDC, and nothing else (docs/adr/0003). In a pod the library is never loaded.
 */
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '../std/clock.ts'
import { failureText, pathIn } from '../std/file.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { clip } from '../std/text.ts'
import { podIdentity } from './incluster.ts'
import type { PodSurroundings } from './incluster.ts'

/** TLS material and headers for one request. PEM. */
export interface Credentials {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** The name that the server's certificate must have, where it is not the host of its URL. */
  readonly serverName: string | undefined
  readonly skipVerify: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface Identity {
  /** URL of the API server, without a slash at its end. */
  readonly server: string
  /** The namespace of the kubeconfig's context, where it names one. */
  readonly namespace?: string
  /** Asked for each request; token files are read again within a minute. */
  credentials(): Promise<Credentials>
}

export interface IdentitySource {
  /** Path of a kubeconfig file. Comes before everything else. */
  readonly kubeconfig?: string
  /** Which of its contexts, instead of the current one. */
  readonly context?: string
  /** What the environment says of the API server; undefined outside a pod. */
  readonly pod?: PodSurroundings | undefined
  readonly clock: Clock
}

/** @returns the identity of the file, else of the pod, else of the user's default kubeconfig; or what is wrong with it */
export async function loadIdentity({
  kubeconfig,
  context,
  pod,
  clock,
}: IdentitySource): Promise<Result<Identity, string>> {
  if (kubeconfig === undefined && pod !== undefined) return podIdentity(pod, clock)
  // Loaded late: it takes 0.7 s and 22 MB, and a pod needs none of it.
  const library = await import('@kubernetes/client-node')
  const config = new library.KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (error) {
    return err(`The kubeconfig ${kubeconfig ?? pathIn(error) ?? '(default)'} cannot be read: ${reasonFor(error)}`)
  }
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null || cluster === undefined)
    return err('The kubeconfig names no cluster; set current-context to a context that exists.')
  const namespace: unknown = config.getContextObject(config.getCurrentContext())?.namespace
  if (namespace !== undefined && typeof namespace !== 'string')
    return err('The namespace of the context in the kubeconfig is no text; put it into quotes.')
  return ok({
    server: cluster.server.replace(/\/+$/, ''),
    ...(namespace === undefined ? {} : { namespace }),
    credentials: () => credentialsOf(config),
  })
}

/** Where YAML is broken, its parser quotes the lines around: a kubeconfig has its secrets there. */
function reasonFor(error: unknown): string {
  if (pathIn(error) !== undefined) return `${failureText(error)}; name another with --kubeconfig, or in $KUBECONFIG.`
  const { mark, message } = error as Error & { readonly mark?: { readonly line: number; readonly column: number } }
  return mark === undefined ? clip(message) : `it is no YAML at line ${mark.line + 1}, column ${mark.column + 1}.`
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    const path = pathIn(error)
    if (path === undefined) throw error
    throw new Error(`${path}, which the kubeconfig names, cannot be used: ${failureText(error)}`, { cause: error })
  }
  const headers = new Map(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
  if (options.auth !== undefined && options.auth !== null)
    headers.set('authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`)
  return {
    ca: text(options.ca),
    cert: text(options.cert),
    key: text(options.key),
    serverName: options.servername,
    skipVerify: options.rejectUnauthorized === false,
    headers: Object.fromEntries(headers),
  }
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
