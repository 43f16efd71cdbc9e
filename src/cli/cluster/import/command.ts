/** `kubectl perennial import`: shows what it would do; does it with --apply; takes it back with --undo --apply. */
import type { Issuer } from '../../../api/issuer.ts'
import type { CredentialNeed } from '../../../enroll/enroller.ts'
import { selectProtocol } from '../../../enroll/table.ts'
import { KubeError } from '../../../kube/errors.ts'
import { exitCodes } from '../../exitcodes.ts'
import type { ExitCode } from '../../exitcodes.ts'
import { yamlLines } from '../../terminal.ts'
import type { Errand } from '../commands.ts'
import { carryOut } from './carryout.ts'
import { collect } from './collect.ts'
import type { Findings } from './foreign.ts'
import { planImport, stepText } from './plan.ts'
import type { Plan, Remark } from './plan.ts'
import { planUndo } from './undo.ts'

export async function importAll(errand: Errand): Promise<ExitCode> {
  const { cluster, options, signal } = errand
  const scope = {
    namespace: options.allNamespaces ? undefined : cluster.namespace,
    fromNamespace: options.fromNamespace,
    toNamespace: options.toNamespace,
  }
  const findings = await collect(cluster, scope, signal)
  if (options.undo) return undo(errand, { findings, namespace: scope.namespace })
  const plan = planImport(findings, { ...scope, needsOf, now: errand.world.clock.now() })
  if (!options.apply) return options.output === 'yaml' ? manifests(plan, errand) : show(plan, findings, errand)
  if (findings.running.length > 0) {
    errand.world.terminal.complaint(stillRunning(findings))
    return exitCodes.usage
  }
  const rest = await carryOutAll(plan, errand)
  if (rest !== undefined) return rest
  return told(plan, `${plan.steps.length} steps done. See kubectl perennial status -A.`, errand)
}

/** @returns the exit code where a step could not be done */
async function carryOutAll({ steps }: Plan, { cluster, world, signal }: Errand): Promise<ExitCode | undefined> {
  for (const [index, step] of steps.entries()) {
    try {
      await carryOut(step, cluster, signal)
    } catch (error) {
      if (!(error instanceof KubeError) || signal.aborted) throw error
      world.terminal.complaint(
        `${index} of ${steps.length} steps were done; the next could not be: ${stepText(step)}: ${error.message}. Mend that and run the command again: what is done is left as it is. Or take it back with --undo --apply.`,
      )
      return exitCodes.usage
    }
    world.terminal.note(`done: ${stepText(step)}`)
  }
  return undefined
}

const needsOf = ({ spec }: Issuer): readonly CredentialNeed[] => selectProtocol(spec)?.needs() ?? []

const stillRunning = ({ running: [first = ''] }: Findings): string => {
  const [namespace, name] = first.split('/')
  return `cert-manager still runs (Deployment ${first}): both would renew the same Secrets. Scale it down first: kubectl -n ${namespace} scale deployment ${name} --replicas=0`
}

function show(plan: Plan, findings: Findings, errand: Errand): ExitCode {
  const { terminal } = errand.world
  const lines = plan.steps.map(stepText)
  if (errand.options.output === 'json') {
    terminal.result({ steps: lines, remarks: plan.remarks, running: findings.running }, [])
    return exitCodes.fine
  }
  const isThere = findings.unknown.length < 3
  const nothing = isThere
    ? 'There is nothing to import.'
    : 'There is nothing to import: cert-manager is not installed here.'
  const head = lines.length === 0 ? nothing : 'This would be done:'
  terminal.text([head, ...indented(lines), ...remarkLines(plan.remarks)])
  if (findings.running.length > 0) terminal.note(stillRunning(findings))
  if (lines.length > 0) terminal.note('Nothing was changed. Do it with --apply, or take the manifests with -o yaml.')
  return exitCodes.fine
}

function told({ remarks }: Plan, end: string, { world }: Errand): ExitCode {
  world.terminal.result({ remarks, end }, [...remarkLines(remarks), end])
  return remarks.some(({ kind }) => kind === 'kept back') ? exitCodes.refused : exitCodes.fine
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`)

const remarkLines = (remarks: readonly Remark[]): readonly string[] =>
  remarks.map(({ kind, what, text }) => `${kind}: ${what}: ${text}`)

/** For Git: the objects alone. Secrets are adopted by --apply. */
function manifests({ steps }: Plan, { world }: Errand): ExitCode {
  const objects = steps.flatMap((step) => (step.kind === 'create' ? [step.object] : []))
  world.terminal.text(objects.flatMap((object, index) => [...(index === 0 ? [] : ['---']), ...yamlLines(object)]))
  return exitCodes.fine
}

async function undo(
  { cluster, options, world, signal }: Errand,
  what: { readonly findings: Findings; readonly namespace: string | undefined },
): Promise<ExitCode> {
  const steps = await planUndo(cluster, what, signal)
  for (const { text, run } of options.apply ? steps : []) {
    await run(signal)
    world.terminal.note(`done: ${text}`)
  }
  const lines = steps.map(({ text }) => text)
  const head = steps.length === 0 ? 'There is nothing to undo.' : 'This would be done:'
  const shown = options.apply && steps.length > 0 ? [`${steps.length} steps done.`] : [head, ...indented(lines)]
  world.terminal.result({ steps: lines, done: options.apply }, shown)
  return exitCodes.fine
}
