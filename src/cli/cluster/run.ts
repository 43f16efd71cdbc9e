/** Opens the cluster, runs a command against it, and says in a sentence what the API server objects to. */
import { KubeError } from '../../kube/errors.ts'
import { exitCodes } from '../exitcodes.ts'
import type { ExitCode } from '../exitcodes.ts'
import type { World } from '../world.ts'
import { openCluster } from './cluster.ts'
import { runs } from './commands.ts'
import type { ClusterOptions } from './options.ts'

export async function runInCluster(options: ClusterOptions, world: World): Promise<ExitCode> {
  const { terminal, clock, interrupted } = world
  const opened = await openCluster(options, { clock, log: terminal.logger() })
  if (!opened.ok) {
    terminal.complaint(opened.error)
    return exitCodes.usage
  }
  const late = new AbortController()
  const cancel = clock.after(options.timeout, () => late.abort())
  const signal = AbortSignal.any([interrupted, late.signal])
  try {
    return await runs[options.command]({ cluster: opened.value, options, world, signal })
  } catch (error) {
    if (interrupted.aborted) return exitCodes.interrupted
    if (late.signal.aborted) {
      terminal.complaint('--timeout ran out; what was asked for goes on in the cluster, see kubectl perennial status.')
      return exitCodes.temporary
    }
    if (!(error instanceof KubeError)) throw error
    terminal.complaint(complaintOf(error))
    return exitOf(error)
  } finally {
    cancel()
    await opened.value.close()
  }
}

function complaintOf({ reason, message }: KubeError): string {
  switch (reason) {
    case 'forbidden':
      return `The API server does not allow it: ${message}.`
    case 'unauthorized':
      return 'The API server does not know you: log in again, or choose another context with --context.'
    case 'notFound':
      return 'The cluster does not know the kinds of Perennial: is it installed there? See docs/install.md.'
    case 'unreachable':
    case 'timeout':
      return `The API server cannot be reached (${message}); check --kubeconfig and --context.`
    default:
      return `The API server did not do it: ${message}.`
  }
}

function exitOf({ reason }: KubeError): ExitCode {
  if (reason === 'unreachable' || reason === 'timeout' || reason === 'tooManyRequests' || reason === 'server')
    return exitCodes.temporary
  return exitCodes.usage
}
