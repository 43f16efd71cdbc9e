/** The identity of a pod: what Kubernetes mounts into each of them. Read here, because the client library costs 22 MB. */
import { join } from 'node:path'
import { failureText, pathIn, readWithin } from '../std/file.ts'
import type { Clock } from '../std/clock.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { minutes } from '../std/time.ts'
import type { Credentials, Identity } from './identity.ts'

/** Where a pod finds its API server, as Kubernetes tells it in its environment. */
export interface PodSurroundings {
  readonly host: string
  readonly port: string
  /** The folder with `token` and `ca.crt`. */
  readonly directory: string
}

/** The kubelet replaces a token long before it expires, and client-go too looks once a minute. */
const readAgainAfter = minutes(1)

const cure = 'have it mounted (automountServiceAccountToken), or name a kubeconfig with --kubeconfig'

/** @returns an identity that reads its token and CA again once a minute, or a sentence when there are none */
export async function podIdentity(pod: PodSurroundings, clock: Clock): Promise<Result<Identity, string>> {
  const { directory } = pod
  let read: { readonly at: number; readonly credentials: Credentials }
  try {
    read = { at: clock.monotonic(), credentials: await readMounted(directory) }
  } catch (error) {
    const path = pathIn(error)
    const why = path === undefined ? (error as Error).message : `${path}: ${failureText(error)}`
    return err(`The ServiceAccount of this pod cannot be read: ${why}; ${cure}.`)
  }
  const credentials = async (): Promise<Credentials> => {
    if (clock.monotonic() - read.at < readAgainAfter) return read.credentials
    // What cannot be read now may still be there in a minute; the token at hand is good for longer than that.
    const fresh = await readMounted(directory).catch(() => read.credentials)
    read = { at: clock.monotonic(), credentials: fresh }
    return fresh
  }
  const host = pod.host.includes(':') ? `[${pod.host}]` : pod.host
  return ok({ server: `https://${host}:${pod.port}`, credentials })
}

/** Bytes. */
const largestToken = 64 * 1024
const largestBundle = 1024 * 1024

async function readMounted(directory: string): Promise<Credentials> {
  const [token = '', ca = ''] = await Promise.all([
    readWithin(join(directory, 'token'), largestToken),
    readWithin(join(directory, 'ca.crt'), largestBundle),
  ]).then((files) => files.map((bytes) => bytes.toString('utf8')))
  if (token.trim() === '') throw new Error(`${join(directory, 'token')} is empty`)
  return {
    ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    skipVerify: false,
    headers: { authorization: `Bearer ${token.trim()}` },
  }
}
