/** A real Kubernetes API on this machine: etcd and kube-apiserver, and kube-controller-manager where it is asked for. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { locate } from '../../scripts/toolchain/find.ts'
import { freePorts, startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'
import { tlsCa, tlsLeaf } from './tls.ts'

export interface ControlPlaneOptions {
  /** Namespace deletion, garbage collection and ServiceAccount tokens need it. Off by default. */
  readonly controllerManager?: boolean
  /** Further flags of kube-apiserver. */
  readonly apiServerFlags?: readonly string[]
}

/** ClusterTrustBundles are beta in Kubernetes 1.36, and off. */
export const servesTrustBundles: readonly string[] = [
  '--feature-gates=ClusterTrustBundle=true',
  '--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true',
]

export interface ControlPlane {
  /** Path of a kubeconfig of a cluster administrator. */
  readonly kubeconfig: string
  /** Without a trailing slash. */
  readonly url: string
  /** Bearer token of a cluster administrator. */
  readonly token: string
  /** PEM of the CA of the server's certificate. */
  readonly ca: string
  /** Where logs and data lie until it is stopped. */
  readonly directory: string
  /**
   * Runs kubectl as a cluster administrator.
   *
   * @param input - what it reads from standard input
   * @returns what it wrote to standard output
   * @throws with what it wrote to standard error when it fails
   */
  kubectl(args: readonly string[], input?: string): Promise<string>
  /** Stops the API server and starts it again on the same port with the same data. */
  restartApiServer(): Promise<void>
  /** Has etcd do nothing for so many milliseconds: the API server runs, and can neither read nor write. */
  freezeEtcd(length: number): Promise<void>
  stop(): Promise<void>
}

interface Layout {
  readonly directory: string
  readonly leftovers: readonly string[]
  readonly url: string
  readonly token: string
  readonly ca: string
  readonly kubeconfig: string
  readonly ports: { readonly api: number; readonly etcd: number; readonly peer: number; readonly manager: number }
  readonly options: ControlPlaneOptions
}

/** @throws with the end of the log of the part that did not start */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const scratch = scratchDirectory('control-plane')
  const layout = await layOut(scratch.path, options)
  const started: RunningProcess[] = []
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one.stop()
    scratch.remove()
  }
  try {
    started.push(await startEtcd(layout), await startApiServer(layout))
    if (options.controllerManager === true) started.push(await startControllerManager(layout))
  } catch (error) {
    await stop()
    throw error
  }
  const restartApiServer = async (): Promise<void> => {
    await started[1]?.stop()
    started[1] = await startApiServer(layout)
  }
  const freezeEtcd = async (length: number): Promise<void> => {
    started[0]?.signal('SIGSTOP')
    await sleep(length)
    started[0]?.signal('SIGCONT')
  }
  const { directory, kubeconfig, url, token, ca } = layout
  const run = (args: readonly string[], input?: string): Promise<string> => kubectl(kubeconfig, args, input)
  return { directory, kubeconfig, url, token, ca, kubectl: run, restartApiServer, freezeEtcd, stop }
}

async function layOut(directory: string, options: ControlPlaneOptions): Promise<Layout> {
  const [api = 0, etcd = 0, peer = 0, manager = 0] = await freePorts(4)
  const ca = await tlsCa('control-plane-ca')
  const names = [
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: 'kubernetes.default.svc' },
    { type: 'ip', value: '127.0.0.1' },
  ] as const
  const server = await tlsLeaf({ ca, names })
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = randomBytes(16).toString('hex')
  const url = `https://127.0.0.1:${api}`
  const files = {
    'ca.crt': ca.certificate,
    'api.crt': server.certificate,
    'api.key': server.key,
    'sa.key': accounts.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    'sa.pub': accounts.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'tokens.csv': `${token},admin,admin,system:masters\n`,
    kubeconfig: kubeconfigText({ url, token, ca: ca.certificate }),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 })
  return {
    directory,
    leftovers: [directory],
    url,
    token,
    ca: ca.certificate,
    kubeconfig: join(directory, 'kubeconfig'),
    ports: { api, etcd, peer, manager },
    options,
  }
}

/** JSON is YAML too, and kubectl reads it. */
export function kubeconfigText({
  url,
  token,
  ca,
}: {
  readonly url: string
  /** Nobody in particular when left out. */
  readonly token?: string
  readonly ca: string
}): string {
  const authority = Buffer.from(ca).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'perennial', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: 'admin', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'perennial', context: { cluster: 'perennial', user: 'admin' } }],
    'current-context': 'perennial',
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

function startEtcd({ directory, leftovers, ports }: Layout): Promise<RunningProcess> {
  const client = `http://127.0.0.1:${ports.etcd}`
  const peer = `http://127.0.0.1:${ports.peer}`
  return startProcess({
    name: 'etcd',
    command: locate(['etcd']).etcd,
    args: [
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--quota-backend-bytes=8589934592',
      // Nothing here has to survive a power cut, and disks of build machines are slow.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logFile: join(directory, 'etcd.log'),
    leftovers,
    isReady: async () => (await fetch(`${client}/readyz`)).ok,
  })
}

function startApiServer({ directory, leftovers, ports, url, ca, token, options }: Layout): Promise<RunningProcess> {
  return startProcess({
    name: 'kube-apiserver',
    command: locate(['kube-apiserver'])['kube-apiserver'],
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--secure-port=${ports.api}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--cert-dir=${directory}`,
      '--tls-cert-file=api.crt',
      '--tls-private-key-file=api.key',
      '--client-ca-file=ca.crt',
      '--token-auth-file=tokens.csv',
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-account-key-file=sa.pub',
      '--service-account-signing-key-file=sa.key',
      '--service-cluster-ip-range=10.0.0.0/16',
      ...(options.controllerManager === true ? [] : ['--disable-admission-plugins=ServiceAccount']),
      '--shutdown-delay-duration=0s',
      ...(options.apiServerFlags ?? []),
    ],
    cwd: directory,
    logFile: join(directory, 'kube-apiserver.log'),
    leftovers,
    isReady: answersOk({ url: `${url}/readyz`, ca, token }),
    readyWithin: 90_000,
  })
}

function startControllerManager({ directory, leftovers, ports, kubeconfig, ca }: Layout): Promise<RunningProcess> {
  return startProcess({
    name: 'kube-controller-manager',
    command: locate(['kube-controller-manager'])['kube-controller-manager'],
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.manager}`,
      `--cert-dir=${directory}`,
      '--tls-cert-file=api.crt',
      '--tls-private-key-file=api.key',
      '--service-account-private-key-file=sa.key',
      '--root-ca-file=ca.crt',
      '--use-service-account-credentials',
      '--leader-elect=false',
    ],
    cwd: directory,
    logFile: join(directory, 'kube-controller-manager.log'),
    leftovers,
    isReady: answersOk({ url: `https://127.0.0.1:${ports.manager}/healthz`, ca }),
    readyWithin: 90_000,
  })
}

interface Question {
  readonly url: string
  readonly ca: string
  readonly token?: string
}

/** Asks over a connection of its own each time: the one before may have reached a server that was not there yet. */
function answersOk({ url, ca, token }: Question): () => Promise<boolean> {
  return async () => {
    const dispatcher = new Agent({ connect: { ca } })
    try {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { statusCode, body } = await request(url, { dispatcher, headers })
      await body.dump()
      return statusCode === 200
    } finally {
      await dispatcher.destroy()
    }
  }
}

/**
 * Runs kubectl with a kubeconfig.
 *
 * @param input - what it reads from standard input
 * @returns what it wrote to standard output
 * @throws with what it wrote to standard error when it fails
 */
export function kubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<string> {
  const command = locate(['kubectl']).kubectl
  return new Promise((resolve, reject) => {
    const child = spawn(command, [`--kubeconfig=${kubeconfig}`, ...args], { stdio: 'pipe' })
    const out: Buffer[] = []
    const problems: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => problems.push(chunk))
    // kubectl may end without having read what it was given.
    child.stdin.on('error', () => undefined)
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(out).toString())
      reject(new Error(Buffer.concat(problems).toString().trim() || `kubectl ended with ${code}`))
    })
    child.stdin.end(input)
  })
}
