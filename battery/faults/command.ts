/** The fault proxies as a command, for a person who aims them by hand. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadIdentity } from '../../src/kube/identity.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { servingMaterial, startApiProxy } from './api.ts'
import { askedOfCa } from './asked.ts'
import { Child } from './child.ts'
import { startHttpProxy } from './httpproxy.ts'
import type { Passed } from './httpproxy.ts'
import type { FaultOptions } from './options.ts'
import type { Partition } from './partition.ts'
import { Plan } from './plan.ts'
import { parseRule } from './rules.ts'
import { startTcpProxy } from './tcpproxy.ts'

interface Standing {
  /** What a person is to know: what to point a client at. */
  readonly says: string
  /** Files for clients, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly partition: Partition
  readonly passed: readonly Passed[]
  close(): Promise<void>
}

interface Means {
  readonly plan: Plan
  readonly kill: () => void
  readonly port: number
}

/** Runs until its command ends or it is told to stop. @returns the exit code */
export async function runFaults({ place, rules, port, out, command }: FaultOptions): Promise<number> {
  const plan = new Plan(rules)
  const folder = out ?? mkdtempSync(join(tmpdir(), 'perennial-faults-'))
  mkdirSync(folder, { recursive: true })
  let end: (code: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => (end = resolve))
  const child = new Child(command, { KUBECONFIG: join(folder, 'kubeconfig') }, (code) => end(code))
  const standing = await stand(place, { plan, port, kill: () => child.kill() })
  for (const [name, text] of Object.entries(standing.files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
  console.error(standing.says.replaceAll('{folder}', folder))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(0))
  createInterface({ input: process.stdin }).on('line', (line) => obey(line.trim(), plan, standing))
  child.start()
  const code = await ended
  child.stop()
  process.stdin.destroy()
  await standing.close()
  console.error(`${standing.passed.length} requests went by, ${plan.strikes} of them met a fault.`)
  return code
}

async function stand(place: FaultOptions['place'], means: Means): Promise<Standing> {
  switch (place.kind) {
    case 'api':
      return standBeforeApi(place.kubeconfig, means)
    case 'http':
      return standBeforeHttp(place, means)
    case 'tcp': {
      const proxy = await startTcpProxy({ ...means, target: place })
      return { ...proxy, files: {}, says: `127.0.0.1:${proxy.port} leads to ${place.host}:${place.port}.` }
    }
  }
}

async function standBeforeApi(path: string | undefined, means: Means): Promise<Standing> {
  const identity = await loadIdentity({ ...(path === undefined ? {} : { kubeconfig: path }), clock: systemClock })
  if (!identity.ok) throw new Error(identity.error)
  const who = identity.value
  const { ca, cert, key } = await who.credentials()
  const target = {
    url: who.server,
    headers: async () => (await who.credentials()).headers,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
  const proxy = await startApiProxy({ ...means, target }, undefined)
  return {
    ...proxy,
    files: { kubeconfig: proxy.kubeconfig },
    says: `${proxy.url} leads to ${who.server}; point the operator at it by --kubeconfig={folder}/kubeconfig.`,
  }
}

async function standBeforeHttp(
  place: Extract<FaultOptions['place'], { kind: 'http' }>,
  means: Means,
): Promise<Standing> {
  const { url, ca } = place
  const target = { url, ...(ca === undefined ? {} : { ca }) }
  if (url.startsWith('http:')) {
    const proxy = await startHttpProxy({ ...means, target, read: askedOfCa })
    return { ...proxy, files: {}, says: `${proxy.url} leads to ${url}.` }
  }
  const serving = await servingMaterial()
  const proxy = await startHttpProxy({ ...means, target, read: askedOfCa, tls: serving.tls })
  const says = `${proxy.url} leads to ${url}; its own certificate is of the CA in {folder}/ca.crt.`
  return { ...proxy, files: { 'ca.crt': serving.ca.certificate }, says }
}

/** A line that a person has typed. */
function obey(line: string, plan: Plan, { partition }: Standing): void {
  const [word = '', direction] = line.split(/\s+/)
  if (word === '') return
  if (word === 'clear') return plan.clear()
  if (word === 'heal') return partition.heal()
  if (word === 'partition')
    return partition.begin(direction === 'requests' || direction === 'answers' ? direction : 'both')
  try {
    plan.lay(parseRule(line))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}
