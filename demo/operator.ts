/** Runs the built operator, and starts it again when it is killed, as a Deployment would. */
import { startProcess } from '../test/support/process.ts'
import type { RunningProcess } from '../test/support/process.ts'

export interface OperatorOptions {
  readonly kubeconfig: string
  readonly logFile: string
  readonly http01Port: number
  readonly metricsPort: number
  readonly webPort: number
  readonly namespace: string
  /** Path of the configuration of notifications. */
  readonly notifications: string
  /** Told when it had to be started again, with the new process id. */
  readonly onRestart: (pid: number) => void
}

export interface Operator {
  pid(): number
  tail(): string
  stop(): Promise<void>
}

/** @throws with the end of its log when it does not come up */
export async function runOperator(options: OperatorOptions): Promise<Operator> {
  let current = await start(options)
  const stopping = new AbortController()
  const again = async (): Promise<void> => {
    for (;;) {
      await current.exited
      if (stopping.signal.aborted) return
      current = await start(options)
      options.onRestart(current.pid)
    }
  }
  // When it cannot be started again there is nobody to tell but the log, which the demo shows when it ends badly.
  const watching = again().catch(() => undefined)
  return {
    pid: () => current.pid,
    tail: () => current.tail(),
    stop: async () => {
      stopping.abort()
      await current.stop()
      await watching
    },
  }
}

function start(options: OperatorOptions): Promise<RunningProcess> {
  const { kubeconfig, logFile, http01Port, metricsPort, webPort, namespace, notifications } = options
  return startProcess({
    name: 'the operator',
    command: process.execPath,
    args: [
      'dist/perennial.mjs',
      `--kubeconfig=${kubeconfig}`,
      `--cluster-resource-namespace=${namespace}`,
      `--leader-election-namespace=${namespace}`,
      // A killed operator leaves its Lease behind; its successor waits that long.
      '--lease-duration=5s',
      '--lease-renew-deadline=3s',
      '--lease-retry-period=1s',
      `--http01-address=127.0.0.1:${http01Port}`,
      `--metrics-address=127.0.0.1:${metricsPort}`,
      `--web-address=127.0.0.1:${webPort}`,
      '--inventory=all',
      `--notifications-config=${notifications}`,
      '--notifications-interval=5s',
      // The ACME server of the demo and who is told are on this machine, and only it knows the names in the certificates.
      '--allow-addresses=127.0.0.0/8',
      '--http01-self-check=false',
      '--log-format=text',
    ],
    logFile,
    isReady: async () => (await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).ok,
  })
}
