/** A small ingress controller, run in a pod: keeps nginx configured as the Ingresses of the cluster and their Secrets say. */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import type { Cluster } from './objects.ts'
import { render } from './render.ts'
import { follow } from './watch.ts'

const configFile = '/tmp/nginx.conf'
const pidFile = '/tmp/nginx.pid'

let cluster: Partial<Cluster> = {}
let current = ''

function learn(part: Partial<Cluster>): void {
  cluster = { ...cluster, ...part }
  const { ingresses, secrets, services } = cluster
  if (ingresses === undefined || secrets === undefined || services === undefined) return
  const { config, files } = render({ ingresses, secrets, services })
  if (config === current) return
  current = config
  for (const [path, text] of Object.entries(files)) if (!existsSync(path)) writeFileSync(path, text, { mode: 0o600 })
  writeFileSync(configFile, config)
  if (nginx === undefined) start()
  else reload(nginx)
}

let nginx: ReturnType<typeof spawn> | undefined

function start(): void {
  nginx = spawn('/usr/bin/nginx', ['-e', 'stderr', '-c', configFile], { stdio: 'inherit' })
  // The kubelet starts the pod again.
  nginx.on('exit', (code) => process.exit(code ?? 1))
}

/** Once it has written its process id it knows the signal; before, it would die of it. */
function reload(running: ReturnType<typeof spawn>): void {
  if (existsSync(pidFile)) running.kill('SIGHUP')
  else setTimeout(() => reload(running), 50)
}

process.on('SIGTERM', () => (nginx === undefined ? process.exit(0) : nginx.kill('SIGTERM')))

await Promise.all([
  follow('ingresses', (ingresses) => learn({ ingresses })),
  follow('secrets', (secrets) => learn({ secrets })),
  follow('services', (services) => learn({ services })),
])
