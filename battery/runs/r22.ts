/** R22: places in which a process lives badly: nobody there when it starts, identities that change under it, disks that take nothing. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hardeningHere } from '../../scripts/launch.ts'
import { Namespace, installCrds, makeAuthority } from '../../test/support/cluster.ts'
import { kubeconfigText, startControlPlane } from '../../test/support/controlplane.ts'
import type { ControlPlane } from '../../test/support/controlplane.ts'
import { startOperator } from '../../test/support/operator.ts'
import type { RunningOperator } from '../../test/support/operator.ts'
import { freePorts, startProcess } from '../../test/support/process.ts'
import { startApiProxy } from '../faults/api.ts'
import type { ApiProxy } from '../faults/api.ts'
import { Plan } from '../faults/plan.ts'
import { startTcpProxy } from '../faults/tcpproxy.ts'
import type { BatteryOptions } from '../options.ts'
import type { Row } from '../verdict.ts'

/** Seconds: a minute until files are read again, and the longest wait of a list that was refused. */
const bar = 70

interface Scene {
  readonly plane: ControlPlane
  readonly ns: Namespace
}

type Life = (scene: Scene) => Promise<string>

/** In this order: the first makes the CA that the others issue from. */
const lives: Readonly<Record<string, Life>> = {
  'nobody listens when it starts': withoutNetwork,
  'no file may be written': withoutFiles,
  'its log goes to a full disk': withoutRoom,
  'its token is no longer good, and replaced': withNewToken,
  'the API server gets another CA': withNewCa,
  'it is started wrongly': startedWrongly,
}

export async function liveBadly({ say }: BatteryOptions): Promise<readonly Row[]> {
  const plane = await startControlPlane()
  const ns = await Namespace.make(plane, 'r22')
  const found: string[] = []
  const lost: string[] = []
  try {
    await installCrds(plane)
    for (const [what, live] of Object.entries(lives)) {
      try {
        found.push(`${what}: ${await live({ plane, ns })}`)
        say(found.at(-1) ?? '')
      } catch (error) {
        lost.push(`${what}: ${error instanceof Error ? error.message.slice(0, 500) : String(error)}`)
        say(lost.at(-1) ?? '')
      }
    }
    const often = `${Object.keys(lives).length} ways`
    return [{ id: 'R22', what: 'places to live badly in', often, found: found.join('; '), lost }]
  } finally {
    await ns.close()
    await plane.stop()
  }
}

async function withoutNetwork({ plane, ns }: Scene): Promise<string> {
  const [port = 0] = await freePorts(1)
  const kubeconfig = join(plane.directory, 'later.kubeconfig')
  const { token, ca } = plane
  writeFileSync(kubeconfig, kubeconfigText({ url: `https://127.0.0.1:${port}`, token, ca }), { mode: 0o600 })
  const starting = startOperator({ kubeconfig })
  starting.catch(() => undefined)
  await sleep(5000)
  const target = { host: '127.0.0.1', port: Number(new URL(plane.url).port) }
  const proxy = await startTcpProxy({ target, port, plan: new Plan(), kill: () => undefined })
  const begun = performance.now()
  const operator = await starting
  await makeAuthority(ns)
  await operator.stop()
  await proxy.close()
  return `it waits, and issues ${seconds(begun)} s after somebody does`
}

async function withoutFiles({ plane, ns }: Scene): Promise<string> {
  const operator = await startOperator({ kubeconfig: plane.kubeconfig, nodeOptions: hardeningHere() })
  await issues(ns, 'read-only')
  await operator.stop()
  return 'it issues'
}

/** A shell lays the log where nothing has room. */
async function withoutRoom({ plane, ns }: Scene): Promise<string> {
  const [port = 0] = await freePorts(1)
  const running = await startProcess({
    name: 'operator without room',
    command: '/bin/sh',
    args: ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, ...program, ...flagsAt(plane.kubeconfig, port)],
    logFile: join(plane.directory, 'room.log'),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
  })
  await issues(ns, 'no-room')
  await running.stop()
  return 'it issues, and says nothing'
}

const program = ['dist/perennial.mjs']

const flagsAt = (kubeconfig: string, port: number): readonly string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--metrics-address=127.0.0.1:${port}`,
  '--http01-address=off',
  '--leader-election=false',
]

interface Pod {
  readonly operator: RunningOperator
  /** Where its identity lies: `token` and `ca.crt`. */
  readonly directory: string
  readonly proxy: ApiProxy
}

/** As in a pod: a ServiceAccount, and files with a token and a CA. The token is good for as long as a Secret is there. */
async function asPod(plane: ControlPlane, bound: string): Promise<Pod> {
  const directory = mkdtempSync(join(plane.directory, 'pod-'))
  const proxy = await proxyTo(plane)
  writeFileSync(join(directory, 'ca.crt'), proxy.ca)
  writeFileSync(join(directory, 'token'), await tokenOf(plane, bound), { mode: 0o600 })
  const operator = await startOperator({
    kubeconfig: '',
    flags: [`--service-account-directory=${directory}`],
    env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${proxy.port}` },
  })
  return { operator, directory, proxy }
}

const proxyTo = (plane: ControlPlane, port = 0): Promise<ApiProxy> =>
  startApiProxy({ target: plane, plan: new Plan(), port, kill: () => undefined }, undefined)

const home = ['-n', 'r22']

async function tokenOf(plane: ControlPlane, bound: string): Promise<string> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'operator' } }
  await plane.kubectl(['apply', '-f', '-', ...home], JSON.stringify(account))
  const binding = ['create', 'clusterrolebinding', 'operator', '--clusterrole=cluster-admin']
  const rights = await plane.kubectl([...binding, '--serviceaccount=r22:operator', '--dry-run=client', '-o', 'json'])
  await plane.kubectl(['apply', '-f', '-'], rights)
  await plane.kubectl(['create', 'secret', 'generic', bound, ...home])
  const to = ['--bound-object-kind=Secret', `--bound-object-name=${bound}`]
  return plane.kubectl(['create', 'token', 'operator', ...to, ...home])
}

async function withNewToken({ plane, ns }: Scene): Promise<string> {
  const pod = await asPod(plane, 'first')
  await issues(ns, 'token-before')
  await ns.remove('secrets', 'first')
  // The API server believes a token for ten seconds after it has looked.
  await sleep(12_000)
  pod.proxy.endWatches()
  const refused = pod.proxy.passed.length
  await sleep(5000)
  const isRefused = pod.proxy.passed.slice(refused).some(({ status }) => status === 401)
  if (!isRefused) throw new Error('the token was still good; nothing was shown')
  writeFileSync(join(pod.directory, 'token'), await tokenOf(plane, 'second'), { mode: 0o600 })
  const took = await issues(ns, 'token-after')
  await leave(pod)
  return `it issues ${took} s after the new one is there`
}

async function withNewCa({ plane, ns }: Scene): Promise<string> {
  const pod = await asPod(plane, 'third')
  await issues(ns, 'ca-before')
  await pod.proxy.close()
  const proxy = await proxyTo(plane, pod.proxy.port)
  writeFileSync(join(pod.directory, 'ca.crt'), proxy.ca)
  const took = await issues(ns, 'ca-after')
  await leave({ ...pod, proxy })
  return `it issues ${took} s after the new one is there`
}

async function leave({ operator, proxy }: Pod): Promise<void> {
  await operator.stop()
  await proxy.close()
}

/** @returns seconds until a new Certificate is Ready. @throws when that takes longer than it may */
async function issues(ns: Namespace, name: string): Promise<string> {
  const begun = performance.now()
  await ns.certificate(name, { issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } })
  await ns.ready(name, bar * 1000)
  return seconds(begun)
}

const seconds = (begun: number): string => ((performance.now() - begun) / 1000).toFixed(0)

/** What is wrong, and nothing else: one line, and an end with an error. */
async function startedWrongly({ plane }: Scene): Promise<string> {
  const garbage = join(plane.directory, 'garbage')
  writeFileSync(garbage, '{{')
  const [taken = 0] = await freePorts(1)
  const squatter = await startTcpProxy({
    target: { host: '127.0.0.1', port: taken },
    plan: new Plan(),
    kill: () => undefined,
  })
  const pod = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' }
  const starts: readonly { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }[] = [
    { args: ['--kubeconfig=/nowhere'] },
    { args: [`--kubeconfig=${garbage}`] },
    { args: ['--kubeconfig=', '--service-account-directory=/nowhere'], env: pod },
    { args: flagsAt(plane.kubeconfig, squatter.port) },
    { args: ['--frobnicate=1'] },
    { args: ['--lease-duration=soon'] },
  ]
  for (const { args, env = {} } of starts) expectOneLine(args, env)
  await squatter.close()
  return `${starts.length} ways, each an end and one line`
}

function expectOneLine(args: readonly string[], env: Readonly<Record<string, string>>): void {
  const { status, stderr } = spawnSync(process.execPath, [...program, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  })
  const lines = stderr.trim().split('\n')
  if (status === 0 || status === null || lines.length !== 1 || lines[0] === '')
    throw new Error(`${args.join(' ')} ended with ${status} and said: ${stderr}`)
}
