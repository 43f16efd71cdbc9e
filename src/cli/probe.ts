/** `probe`: asks the CA the question that the operator asks on a schedule, and prints all that came of it. */
import type { Issuer } from '../api/issuer.ts'
import { protocolOf } from '../api/issuer.ts'
import { sentence } from '../domain/conditions.ts'
import type { Readiness, TrackedCredential } from '../enroll/enroller.ts'
import { isJsonObject } from '../std/json.ts'
import type { Json } from '../std/json.ts'
import { between, days, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { ProbeOptions } from './arguments.ts'
import { openResponder } from './board.ts'
import { readDocuments } from './documents.ts'
import { endWith } from './ending.ts'
import { exitCodes, exitOf } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import { pickIssuer, readManifests } from './manifests.ts'
import { contextOf, openIssuer } from './session.ts'
import { FolderVault } from './vault.ts'
import type { World } from './world.ts'

export async function probe(options: ProbeOptions, world: World): Promise<ExitCode> {
  const { terminal, clock } = world
  const documents = await readDocuments(options.files, world.readStdin)
  if (!documents.ok) return endWith(terminal, { kind: 'complaint', message: documents.error })
  const manifests = readManifests(documents.value)
  if (!manifests.ok) return endWith(terminal, { kind: 'complaint', message: manifests.error })
  const issuer = pickIssuer(manifests.value, options.issuer)
  if (!issuer.ok) return endWith(terminal, { kind: 'complaint', message: issuer.error })
  const vault = new FolderVault({
    secrets: manifests.value.secrets,
    namespace: issuer.value.metadata.namespace,
    directory: options.directory,
    made: (name, data, path) => {
      terminal.hide(data)
      terminal.note(madeText(name, path))
    },
  })
  const session = await openIssuer(issuer.value, { clock, terminal, vault })
  if (!session.ok) return endWith(terminal, { kind: 'fault', fault: session.error })
  const nowhere = await openResponder(undefined, { clock, log: terminal.logger() })
  if (!nowhere.ok) return endWith(terminal, { kind: 'complaint', message: nowhere.error })
  const late = new AbortController()
  const cancel = clock.after(options.timeout, () => late.abort())
  const signal = AbortSignal.any([world.interrupted, late.signal])
  const parts = { session: session.value, board: nowhere.value.board, signal, vault, clock, terminal }
  try {
    const readiness = await session.value.enroller.prepare(contextOf(parts))
    if (signal.aborted) return ended(world)
    return report(readiness, issuer.value, world)
  } catch (error) {
    if (signal.aborted) return ended(world)
    throw error
  } finally {
    cancel()
    await session.value.close()
  }
}

const madeText = (name: string, path: string | undefined): string =>
  path === undefined
    ? `the issuer made Secret ${name} for this run alone; with -d dir it would be kept and used again`
    : `the issuer made Secret ${name}; it is kept in ${path}`

const ended = ({ terminal, interrupted }: World): ExitCode =>
  endWith(terminal, { kind: interrupted.aborted ? 'interrupted' : 'late', directory: undefined })

function report(readiness: Readiness, { kind, metadata, spec }: Issuer, { terminal, clock }: World): ExitCode {
  const { details = {} } = readiness
  const who = { issuer: `${kind}/${metadata.name}`, protocol: protocolOf(spec) }
  const head = `${kind} ${metadata.name} (${who.protocol}):`
  if (readiness.kind === 'notReady') {
    const { code, message } = readiness.fault
    terminal.result({ ...who, ready: false, exitCode: exitOf(code), code, message, details }, [
      `${head} not ready`,
      ...detailLines(details, 1),
    ])
    terminal.fault(readiness.fault)
    return exitOf(code)
  }
  const credentials = (readiness.credentials ?? []).map(({ name, notAfter }) => ({
    name,
    notAfter: toRfc3339(notAfter),
  }))
  const message = sentence(readiness.message)
  terminal.result({ ...who, ready: true, exitCode: exitCodes.fine, message, details, credentials }, [
    `${head} ready. ${message}`,
    ...detailLines(details, 1),
    ...(readiness.credentials ?? []).map((one) => expiryLine(one, clock.now())),
  ])
  return exitCodes.fine
}

function expiryLine({ name, notAfter }: TrackedCredential, now: Instant): string {
  const left = Math.floor(between(now, notAfter) / days(1))
  const when = left < 0 ? 'EXPIRED' : left < soon ? `in ${left} days, renew it soon` : `in ${left} days`
  return `  expires: ${toRfc3339(notAfter)}  ${name} (${when})`
}

/** Days. */
const soon = 30

/** Details as an indented outline: what they are is the affair of the protocol. */
function detailLines(details: Readonly<Record<string, Json>>, depth: number): readonly string[] {
  const indent = '  '.repeat(depth)
  return Object.entries(details).flatMap(([name, member]) => {
    const words = `${indent}${name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()}:`
    if (Array.isArray(member)) return [words, ...listLines(member, depth + 1)]
    return isJsonObject(member) ? [words, ...detailLines(member, depth + 1)] : [`${words} ${plainText(member)}`]
  })
}

function listLines(items: readonly Json[], depth: number): readonly string[] {
  const indent = '  '.repeat(depth)
  if (items.length === 0) return [`${indent}none`]
  return items.map((item) => {
    if (!isJsonObject(item)) return `${indent}- ${plainText(item)}`
    const words = Object.entries(item).map(([name, member]) => `${name} ${plainText(member)}`)
    return `${indent}- ${words.join(', ')}`
  })
}

const plainText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
