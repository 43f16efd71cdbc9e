/**
 * A whole cluster on this machine: control plane, kubelet, containerd and Services, without an engine and without a registry. A folder
 * with plane.sh, node.sh and build.sh knows how to have it; $CLUSTER_TOOLS names the folder, and $CLUSTER_BIN what it has built.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { step } from '../progress.ts'
import { run } from '../run.ts'
import { cachedDirectory } from '../toolchain/find.ts'
import { partOf } from '../toolchain/parts.ts'
import type { Binary } from '../toolchain/parts.ts'
import type { Missing, Place } from './place.ts'

/** Beside the checkout. */
const usualFolder = '../shared/tools/cluster'
/** What pods reach the API server at: on a bridge of its own. */
const address = '10.87.0.1'

/** Debian's packages by the command that is looked for. */
const packages = {
  runc: 'runc',
  iptables: 'iptables',
  conntrack: 'conntrack',
  cc: 'gcc libc6-dev',
  nginx: 'nginx-light',
  named: 'bind9',
}

interface Tools {
  readonly folder: string
  readonly environment: { readonly CLUSTER_BIN: string; readonly PLANE_IP: string }
}

/** @returns a sentence when something is missing here that a cluster needs */
export async function hostCluster(): Promise<Place | Missing> {
  const folder = resolve(process.env['CLUSTER_TOOLS'] ?? usualFolder)
  if (!existsSync(join(folder, 'plane.sh')) || !existsSync(join(folder, 'node.sh')))
    return { missing: `${folder} has no plane.sh and node.sh; name a folder that has them in $CLUSTER_TOOLS` }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return { missing: 'a node needs Linux and root' }
  const wanted = await absent()
  if (wanted.length > 0) return { missing: `apt-get install ${wanted.join(' ')}` }
  if (existsSync('/sys/class/net/plane0'))
    return { missing: 'another such cluster runs on this machine (plane0 is there)' }
  const bin = process.env['CLUSTER_BIN'] ?? join(homedir(), '.cache', 'perennial-cluster')
  const tools: Tools = { folder, environment: { CLUSTER_BIN: bin, PLANE_IP: address } }
  await build(tools)
  return start(tools)
}

async function absent(): Promise<readonly string[]> {
  const missing: string[] = []
  for (const [command, name] of Object.entries(packages)) {
    const { ok } = await run({ command: '/bin/sh', args: ['-c', `command -v ${command}`], env: { PATH: systemPath } })
    if (!ok) missing.push(name)
  }
  return missing
}

const systemPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** What the toolchain has built already is not built again; its newest editions only, for a node may not be newer than its plane. */
const shared: readonly Binary[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']

async function build({ folder, environment }: Tools): Promise<void> {
  const bin = environment.CLUSTER_BIN
  mkdirSync(bin, { recursive: true })
  for (const binary of shared) {
    const [newest] = partOf(binary).editions
    const path = newest && join(cachedDirectory(binary, newest), binary)
    if (path !== undefined && existsSync(path) && !existsSync(join(bin, binary))) symlinkSync(path, join(bin, binary))
  }
  const work = (): Promise<string> => script({ folder, environment, name: 'build.sh', args: ['plane', 'node'] })
  await step('the programs of a cluster (12 minutes when nothing is built yet)', work)
}

/**
 * The cluster is stopped whatever becomes of us: when we end, however we end, the shell's standard input ends. Networks of pods that
 * nobody has deleted are not the node's to take away.
 */
const guardScript = `
read -r _
ctr="$CLUSTER_BIN/ctr -a $2/node/containerd.sock -n k8s.io"
networks=$(for container in $($ctr containers ls -q); do $ctr containers info "$container"; done | grep -o 'netns/cni-[0-9a-f-]*' | sort -u)
"$1/node.sh" stop "$2"
for network in $networks; do ip netns delete "\${network#netns/}"; done
"$1/plane.sh" stop "$2"
rm -rf --one-file-system -- "$2"
`

async function start(tools: Tools): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'perennial-cluster-'))
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', tools.folder, directory], {
    detached: true,
    env: { ...process.env, ...tools.environment, PATH: systemPath },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const stopped = new Promise<void>((done) => guard.once('exit', () => done()))
  const close = async (): Promise<void> => {
    guard.stdin.end()
    await stopped
  }
  try {
    for (const name of ['plane.sh', 'node.sh'])
      await step(name, () => script({ ...tools, name, args: ['start', directory] }))
  } catch (error) {
    await close()
    throw error
  }
  const ctr = join(tools.environment.CLUSTER_BIN, 'ctr')
  return {
    kubeconfig: join(directory, 'kubeconfig'),
    loader: `${ctr} -a ${join(directory, 'node', 'containerd.sock')} -n k8s.io images import`,
    close,
  }
}

interface Script extends Tools {
  readonly name: string
  readonly args: readonly string[]
}

/** In a session of its own, so that Ctrl-C at the terminal reaches us alone. @throws with what it said */
async function script({ folder, environment, name, args }: Script): Promise<string> {
  const env = { ...environment, PATH: systemPath }
  const { ok, output } = await run({ command: 'setsid', args: ['--wait', join(folder, name), ...args], env })
  if (!ok) throw new Error(`${name} ${args.join(' ')} failed:\n${output}`)
  return output
}
