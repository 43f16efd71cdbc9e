/**
 * An enrollment under way, as the output directory keeps it: `enrollment.json` with the ticket and the bytes of the request,
 * `next.key` with the key of the request. Both are there before anything is sent that issues, and gone once the certificate is.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { Json, Order, Ticket } from '../enroll/enroller.ts'
import { readPrivateKey } from '../pki/key.ts'
import type { PrivateKey } from '../pki/key.ts'
import { isJsonObject } from '../std/json.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { fromRfc3339, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { readIfThere, removeFile, replaceFile } from './files.ts'

/** What an enrollment is bound to: with another wish or another issuer it is another enrollment. */
export interface Binding {
  /** Hashes. */
  readonly request: string
  readonly issuer: string
}

export interface Underway extends Binding {
  readonly key: PrivateKey
  readonly renewal: boolean
  readonly startedAt: Instant
  /** Absent when the next attempt begins anew, with the same key and the same request. */
  readonly ticket?: Ticket
  readonly keptRequest?: NonNullable<Order['keptRequest']>
  /** When the CA wants to be asked again. */
  readonly wakeAt?: Instant
}

const json = z.custom<{ readonly [key: string]: Json }>(isJsonObject)

const answer = z.object({
  type: z.enum(['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01']),
  identifier: z.string(),
  token: z.string(),
  value: z.string(),
  label: z.string().exactOptional(),
  solver: z.number().exactOptional(),
})

const shape = z.object({
  version: z.literal(1),
  request: z.string(),
  issuer: z.string(),
  renewal: z.boolean(),
  startedAt: z.string(),
  keyHash: z.string(),
  ticket: z
    .object({
      version: z.number(),
      phase: z.string(),
      state: json,
      outside: z.boolean().exactOptional(),
      answers: z.array(answer).exactOptional(),
      solvers: z.array(json).exactOptional(),
    })
    .exactOptional(),
  keptRequest: z.base64().exactOptional(),
  wakeAt: z.string().exactOptional(),
})

const stateFile = (directory: string): string => join(directory, 'enrollment.json')
const keyFile = (directory: string): string => join(directory, 'next.key')

/** @returns what is under way, undefined when nothing is; or a sentence about files that cannot be understood */
export async function readUnderway(directory: string): Promise<Result<Underway | undefined, string>> {
  const bytes = await readIfThere(stateFile(directory))
  if (bytes === undefined) return ok(undefined)
  const cure = 'begin anew with --fresh'
  const state = shape.safeParse(parseJson(bytes))
  if (!state.success) return err(`${stateFile(directory)} cannot be understood; ${cure}.`)
  const pem = await readIfThere(keyFile(directory))
  const key = pem === undefined ? undefined : readPrivateKey(Buffer.from(pem).toString('utf8'))
  const { keyHash, startedAt, keptRequest, wakeAt, version: _version, ...rest } = state.data
  if (key?.ok !== true || key.value.publicKeyHash !== keyHash)
    return err(`${keyFile(directory)} is not the key of the enrollment that is under way in ${directory}; ${cure}.`)
  const at = wakeAt === undefined ? undefined : fromRfc3339(wakeAt)
  return ok({
    ...rest,
    key: key.value,
    startedAt: fromRfc3339(startedAt) ?? (0 as Instant),
    ...(keptRequest === undefined ? {} : { keptRequest: new Uint8Array(Buffer.from(keptRequest, 'base64')) }),
    ...(at === undefined ? {} : { wakeAt: at }),
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

/** The key first: a state without its key is worth nothing, and a key without a state does no harm. */
export async function keepUnderway(directory: string, underway: Underway): Promise<void> {
  const { key, startedAt, keptRequest, wakeAt, ...rest } = underway
  const pem = key.toPem('PKCS8')
  const there = await readIfThere(keyFile(directory))
  if (there === undefined || Buffer.from(there).toString('utf8') !== pem)
    await replaceFile(keyFile(directory), pem, 0o600)
  const state: z.input<typeof shape> = {
    version: 1,
    request: rest.request,
    issuer: rest.issuer,
    renewal: rest.renewal,
    startedAt: toRfc3339(startedAt),
    keyHash: key.publicKeyHash,
    ...(rest.ticket === undefined ? {} : { ticket: writable(rest.ticket) }),
    ...(keptRequest === undefined ? {} : { keptRequest: Buffer.from(keptRequest).toString('base64') }),
    ...(wakeAt === undefined ? {} : { wakeAt: toRfc3339(wakeAt) }),
  }
  await replaceFile(stateFile(directory), `${JSON.stringify(state, undefined, 2)}\n`, 0o600)
}

const writable = ({ answers, solvers, ...ticket }: Ticket): NonNullable<z.input<typeof shape>['ticket']> => ({
  ...ticket,
  ...(answers === undefined ? {} : { answers: [...answers] }),
  ...(solvers === undefined ? {} : { solvers: [...solvers] }),
})

export async function forgetUnderway(directory: string): Promise<void> {
  await removeFile(stateFile(directory))
  await removeFile(keyFile(directory))
}
