/** `enroll`: from manifests to files, through the same steps as in the cluster. */
import { render } from '../controllers/certificate/render.ts'
import type { Fault } from '../domain/fault.ts'
import type { Ctx, Enroller, Order, Outcome, Ticket } from '../enroll/enroller.ts'
import { accept } from '../pki/accept.ts'
import { plus, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { EnrollOptions } from './arguments.ts'
import { openResponder } from './board.ts'
import type { Responder } from './board.ts'
import { drive } from './drive.ts'
import type { Arrival } from './drive.ts'
import { endWith } from './ending.ts'
import { exitCodes, exitOf } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import { deliver, lookInto } from './folder.ts'
import type { Stock } from './folder.ts'
import { takeDirectory } from './lock.ts'
import { planFor } from './plan.ts'
import type { Plan } from './plan.ts'
import { forgetUnderway, keepUnderway, readUnderway } from './resume.ts'
import { contextOf, openIssuer } from './session.ts'
import { readTask } from './task.ts'
import type { Task } from './task.ts'
import type { Terminal } from './terminal.ts'
import type { World } from './world.ts'

export async function enroll(options: EnrollOptions, world: World): Promise<ExitCode> {
  const { terminal } = world
  const task = await readTask(options, world)
  if (!task.ok) return endWith(terminal, { kind: 'complaint', message: task.error })
  const release = await takeDirectory(options.directory)
  if (!release.ok) return endWith(terminal, { kind: 'complaint', message: release.error })
  try {
    return await decide(task.value, world)
  } finally {
    await release.value()
  }
}

async function decide(task: Task, world: World): Promise<ExitCode> {
  const { terminal } = world
  const { options, binding, wish } = task
  const stock = await lookInto(options.directory)
  const underway = await readUnderway(options.directory)
  if (!underway.ok && !options.fresh) return endWith(terminal, { kind: 'complaint', message: underway.error })
  const position = { options, stock, binding, wish, underway: underway.ok ? underway.value : undefined }
  const plan = await planFor(position, world.clock.now())
  if (plan.kind === 'nothing') return nothingToDo(plan.message, terminal)
  if (plan.kind === 'impossible') return endWith(terminal, { kind: 'complaint', message: plan.message })
  if (plan.kind === 'resume') terminal.note(`going on with the enrollment of ${toRfc3339(plan.underway.startedAt)}`)
  return carryOut({ task, stock, plan, world })
}

function nothingToDo(message: string, terminal: Terminal): ExitCode {
  terminal.result({ kind: 'unchanged', message }, [message])
  return exitCodes.fine
}

type Work = Extract<Plan, { kind: 'resume' | 'begin' }>

interface Job {
  readonly task: Task
  readonly stock: Stock
  readonly plan: Work
  readonly world: World
}

/** Opens what the enrollment needs, and closes it again whatever happens. */
async function carryOut(job: Job): Promise<ExitCode> {
  const { task, world } = job
  const { clock, terminal } = world
  const session = await openIssuer(task.issuer, { clock, terminal, vault: task.vault })
  if (!session.ok) return endWith(terminal, { kind: 'fault', fault: session.error })
  const responder = await openResponder(task.options.http01Address, { clock, log: terminal.logger() })
  if (!responder.ok) {
    await session.value.close()
    return endWith(terminal, { kind: 'complaint', message: responder.error })
  }
  const deadline = plus(clock.now(), task.options.timeout)
  const late = new AbortController()
  const cancel = clock.after(task.options.timeout, () => late.abort())
  const signal = AbortSignal.any([world.interrupted, late.signal])
  const { board } = responder.value
  const ctx = contextOf({ session: session.value, board, signal, vault: task.vault, clock, terminal })
  const enrollment: Enrollment = {
    ...job,
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
    await session.value.close()
  }
}

interface Enrollment extends Job {
  readonly ctx: Ctx
  readonly deadline: Instant
  readonly enroller: Enroller
  readonly responder: Responder
}

async function run({ task, stock, plan, world, ctx, deadline, enroller, responder }: Enrollment): Promise<Arrival> {
  const { options, binding, wish, certificate } = task
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
  if (plan.kind === 'begin') await giveUp(plan.abandons, { enroller, ctx, directory: options.directory })
  if (plan.kind === 'begin' && !enroller.traits.inProcess) await keepUnderway(options.directory, underway)
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

/** Ends what `--fresh` discards, at the CA as far as the protocol can. */
async function giveUp(
  ticket: Ticket | undefined,
  { enroller, ctx, directory }: Pick<Enrollment, 'enroller' | 'ctx'> & { readonly directory: string },
): Promise<void> {
  if (ticket !== undefined) await enroller.abandon?.(ticket, ctx)
  await forgetUnderway(directory)
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
      if (enrollment.ctx.signal.aborted) return endWith(terminal, { kind: 'late', directory })
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
  { task, stock, plan, world }: Enrollment,
): Promise<ExitCode> {
  const { terminal, clock } = world
  const { options, wish, certificate, passwords, binding } = task
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
    before: stock,
  })
  await forgetUnderway(options.directory)
  for (const remark of [...differences, ...(warning === undefined ? [] : [warning])]) terminal.remark(remark)
  return endWith(terminal, { kind: 'issued', name: certificate.metadata.name, facts, files, output: options.output })
}
