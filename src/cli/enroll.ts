/** `enroll`: from manifests to files, through the same steps as in the cluster. */
import type { Certificate } from '../api/certificate.ts'
import type { Issuer } from '../api/issuer.ts'
import type { KeystorePasswords } from '../controllers/certificate/passwords.ts'
import { readPasswords } from '../controllers/certificate/passwords.ts'
import { render } from '../controllers/certificate/render.ts'
import type { Fault } from '../domain/fault.ts'
import { readWish } from '../domain/wish.ts'
import type { Wish } from '../domain/wish.ts'
import type { Ctx, Order, Outcome } from '../enroll/enroller.ts'
import { accept } from '../pki/accept.ts'
import { sha256Hex } from '../pki/hash.ts'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { plus, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { EnrollOptions } from './arguments.ts'
import { openResponder } from './board.ts'
import type { Responder } from './board.ts'
import { readDocuments } from './documents.ts'
import { drive } from './drive.ts'
import type { Arrival } from './drive.ts'
import { endWith } from './ending.ts'
import { exitCodes, exitOf } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import { deliver, lookInto } from './folder.ts'
import type { Stock } from './folder.ts'
import { pickCertificate, pickIssuerOf, readManifests } from './manifests.ts'
import { planFor } from './plan.ts'
import type { Plan } from './plan.ts'
import { forgetUnderway, keepUnderway, readUnderway } from './resume.ts'
import type { Binding } from './resume.ts'
import { findSecret } from './secrets.ts'
import { contextOf, openIssuer } from './session.ts'
import type { Terminal } from './terminal.ts'
import { FolderVault } from './vault.ts'
import type { World } from './world.ts'

/** Everything that the files say, read and checked; nothing has been sent. */
interface Task {
  readonly options: EnrollOptions
  readonly certificate: Certificate
  readonly issuer: Issuer
  readonly wish: Wish
  readonly binding: Binding
  readonly passwords: KeystorePasswords
  readonly stock: Stock
  readonly vault: FolderVault
}

export async function enroll(options: EnrollOptions, world: World): Promise<ExitCode> {
  const { terminal } = world
  const task = await readTask(options, world)
  if (!task.ok) return endWith(terminal, { kind: 'complaint', message: task.error })
  const { stock, binding, wish } = task.value
  if (options.fresh) await forgetUnderway(options.directory)
  const underway = await readUnderway(options.directory)
  if (!underway.ok) return endWith(terminal, { kind: 'complaint', message: underway.error })
  const plan = await planFor({ options, stock, binding, wish, underway: underway.value }, world.clock.now())
  if (plan.kind === 'nothing') return nothingToDo(plan.message, terminal)
  if (plan.kind === 'impossible') return endWith(terminal, { kind: 'complaint', message: plan.message })
  if (plan.kind === 'resume') terminal.note(`going on with the enrollment of ${toRfc3339(plan.underway.startedAt)}`)
  return carryOut(task.value, plan, world)
}

function nothingToDo(message: string, terminal: Terminal): ExitCode {
  terminal.result({ kind: 'unchanged', message }, [message])
  return exitCodes.fine
}

async function readTask(options: EnrollOptions, world: World): Promise<Result<Task, string>> {
  const { terminal } = world
  const documents = await readDocuments(options.files, world.readStdin)
  if (!documents.ok) return documents
  const manifests = readManifests(documents.value)
  if (!manifests.ok) return manifests
  const certificate = pickCertificate(manifests.value, options.certificate)
  if (!certificate.ok) return certificate
  const issuer = pickIssuerOf(certificate.value, manifests.value)
  if (!issuer.ok) return issuer
  const wish = readWish(certificate.value.spec)
  if (!wish.ok) return wish
  const { secrets } = manifests.value
  const passwords = await readPasswords(certificate.value.spec, {
    read: (name) => Promise.resolve(base64(findSecret(secrets, name, certificate.value.metadata.namespace)?.bytes)),
    cure: 'add it to the manifests given with -f',
  })
  if (!passwords.ok) return passwords
  const { jks, pkcs12 } = passwords.value
  for (const password of [jks, pkcs12])
    if (password !== undefined) terminal.hide({ password: Buffer.from(password.reveal()) })
  const stock = await lookInto(options.directory)
  if (!stock.ok) return stock
  return ok({
    options,
    certificate: certificate.value,
    issuer: issuer.value,
    wish: wish.value,
    binding: bindingOf(wish.value, issuer.value),
    passwords: passwords.value,
    stock: stock.value,
    vault: new FolderVault({
      secrets,
      namespace: issuer.value.metadata.namespace,
      directory: options.directory,
      made: (name, path) => terminal.note(`the issuer made Secret ${name}; it is kept in ${path}`),
    }),
  })
}

const base64 = (data: Readonly<Record<string, Uint8Array>> | undefined): Record<string, string> | undefined =>
  data && Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]))

const hash = (text: string): string => sha256Hex(Buffer.from(text)).slice(0, 32)

const bindingOf = ({ requestText }: Wish, { kind, metadata, spec }: Issuer): Binding => ({
  request: hash(requestText),
  issuer: hash(JSON.stringify([kind, metadata.name, spec])),
})

type Work = Extract<Plan, { kind: 'resume' | 'begin' }>

/** Opens what the enrollment needs, and closes it again whatever happens. */
async function carryOut(task: Task, plan: Work, world: World): Promise<ExitCode> {
  const { clock, terminal } = world
  const session = await openIssuer(task.issuer, { clock, terminal, vault: task.vault })
  if (!session.ok) return endWith(terminal, { kind: 'fault', fault: session.error })
  const responder = await openResponder(task.options.http01Address, { clock, log: terminal.logger() })
  if (!responder.ok) {
    await session.value.http.close()
    return endWith(terminal, { kind: 'complaint', message: responder.error })
  }
  const deadline = plus(clock.now(), task.options.timeout)
  const late = new AbortController()
  const cancel = clock.after(task.options.timeout, () => late.abort())
  const signal = AbortSignal.any([world.interrupted, late.signal])
  const { board } = responder.value
  const ctx = contextOf({ session: session.value, board, signal, vault: task.vault, clock, terminal })
  const enrollment: Enrollment = {
    task,
    plan,
    world,
    ctx,
    deadline,
    enroller: session.value.enroller,
    responder: responder.value,
  }
  try {
    return await settle(await run(enrollment), enrollment)
  } catch (error) {
    if (world.interrupted.aborted) return endWith(terminal, { kind: 'interrupted', directory: task.options.directory })
    if (late.signal.aborted) return endWith(terminal, { kind: 'late', directory: task.options.directory })
    throw error
  } finally {
    cancel()
    await responder.value.close()
    await session.value.http.close()
  }
}

interface Enrollment {
  readonly task: Task
  readonly plan: Work
  readonly world: World
  readonly ctx: Ctx
  readonly deadline: Instant
  readonly enroller: Parameters<typeof drive>[0]['enroller']
  readonly responder: Responder
}

async function run({ task, plan, world, ctx, deadline, enroller, responder }: Enrollment): Promise<Arrival> {
  const { options, binding, wish, certificate, stock } = task
  const underway = plan.kind === 'resume' ? plan.underway : plan.start
  responder.serve(underway.ticket)
  const { key, renewal, startedAt } = underway
  const { current } = stock
  const order: Order = {
    id: `${certificate.metadata.name}/${binding.request}`,
    wanted: wish.wanted,
    key,
    labels: certificate.metadata.labels ?? {},
    ...(current === undefined || !renewal ? {} : { replaces: current.facts }),
  }
  const begin = (one: Order): Promise<Outcome> =>
    renewal && current !== undefined ? enroller.renew(one, current.identity, ctx) : enroller.enroll(one, ctx)
  if (!enroller.traits.inProcess && plan.kind === 'begin') await keepUnderway(options.directory, underway)
  return drive({
    enroller,
    order,
    begin,
    ctx,
    clock: world.clock,
    deadline,
    wait: options.wait,
    from: underway,
    keep: async (progress) => {
      responder.serve(progress.ticket)
      await keepUnderway(options.directory, { ...binding, key, renewal, startedAt, ...progress })
    },
    waiting: (note, until) => world.terminal.note(`waiting until ${toRfc3339(until)}: ${note}`),
  })
}

async function settle(arrival: Arrival, enrollment: Enrollment): Promise<ExitCode> {
  const { task, world, responder } = enrollment
  const { terminal } = world
  const { directory } = task.options
  if (world.interrupted.aborted) return endWith(terminal, { kind: 'interrupted', directory })
  switch (arrival.kind) {
    case 'issued':
      return publish(arrival, enrollment)
    case 'unfinished':
      return endWith(terminal, { kind: 'pending', note: arrival.note, wakeAt: arrival.wakeAt, directory })
    case 'refused':
      await forgetUnderway(directory)
      return endWith(terminal, { kind: 'fault', fault: explained(arrival.fault, responder) })
    case 'blocked':
      if (exitOf(arrival.fault.code) === exitCodes.security) await forgetUnderway(directory)
      return endWith(terminal, { kind: 'fault', fault: explained(arrival.fault, responder) })
    case 'deferred':
      return endWith(terminal, { kind: 'fault', fault: arrival.fault, retryAt: arrival.wakeAt })
  }
}

/** What the tool could have done, had it been asked to. */
function explained(fault: Fault, responder: Responder): Fault {
  const names = responder.unproven()
  if (names.length === 0) return fault
  const hint = `the CA wants proof of control over ${names.join(', ')}: give --http01-address :80 on a machine that the names lead to`
  return { ...fault, message: `${fault.message}; ${hint}` }
}

async function publish(
  issued: Extract<Arrival, { kind: 'issued' }>,
  { task, plan, world }: Enrollment,
): Promise<ExitCode> {
  const { terminal, clock } = world
  const { options, wish, certificate, passwords, binding, stock } = task
  const ours = plan.kind === 'resume' ? plan.underway.key : plan.start.key
  const { chain, roots, key = ours, warning } = issued
  const accepted = accept({ chain, key, ...(roots === undefined ? {} : { roots }) }, wish.wanted, clock.now())
  if (!accepted.ok) {
    await forgetUnderway(options.directory)
    return endWith(terminal, { kind: 'fault', fault: accepted.error })
  }
  const { bundle, facts, differences } = accepted.value
  const entries = await render(bundle, wish, { spec: certificate.spec, passwords })
  const files = await deliver({
    directory: options.directory,
    entries,
    binding,
    publicKeyHash: key.publicKeyHash,
    before: stock.files,
  })
  await forgetUnderway(options.directory)
  for (const remark of [...differences, ...(warning === undefined ? [] : [warning])]) terminal.remark(remark)
  return endWith(terminal, { kind: 'issued', name: certificate.metadata.name, facts, files })
}
