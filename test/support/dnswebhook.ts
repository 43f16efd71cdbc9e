/**
 * A DNS webhook as people run them, behind the aggregation layer of a real API server: cert-manager's own library, around a
 * solver that keeps its records in memory.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { locate } from '../../scripts/toolchain/find.ts'
import { isJsonObject } from '../../src/std/json.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { startControlPlane } from './controlplane.ts'
import type { ControlPlane } from './controlplane.ts'
import { freePorts, startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'
import { tlsCa, tlsLeaf } from './tls.ts'

export const webhookGroup = 'acme.example.com'

export interface DnsWebhook {
  readonly plane: ControlPlane
  /** Values by name, as the solver keeps them: names with their final dot. */
  records(): Promise<Readonly<Record<string, readonly string[]>>>
  /** Every request to present, as the library understood it. */
  requests(): Promise<readonly JsonObject[]>
  stop(): Promise<void>
}

interface Files {
  readonly directory: string
  /** PEM of the CA of the webhook's own certificate. */
  readonly ca: string
}

/** @throws with the end of the log of the part that did not start */
export async function startDnsWebhook(): Promise<DnsWebhook> {
  const scratch = scratchDirectory('dns-webhook')
  const files = await writeFiles(scratch.path)
  const plane = await startControlPlane({ apiServerFlags: frontProxy(scratch.path) })
  const [port = 0, recordsPort = 0] = await freePorts(2)
  const started: RunningProcess[] = []
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0)) await one.stop()
    await plane.stop()
    scratch.remove()
  }
  try {
    started.push(await startWebhook(files, plane, { port, recordsPort }))
    await register(plane, files.ca, port)
  } catch (error) {
    await stop()
    throw error
  }
  const shown = async (): Promise<JsonObject> => {
    const value: unknown = await (await fetch(`http://127.0.0.1:${recordsPort}/`)).json()
    return isJsonObject(value) ? value : {}
  }
  return {
    plane,
    records: async () => valuesIn((await shown())['Records']),
    requests: async () => listIn((await shown())['Requests']).filter(isJsonObject),
    stop,
  }
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)
const listIn = (value: Json | undefined): readonly Json[] => (isList(value) ? value : [])

function valuesIn(records: Json | undefined): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(isJsonObject(records) ? records : {})
  return Object.fromEntries(
    entries.map(([name, values]) => [name, listIn(values).filter((value) => typeof value === 'string')]),
  )
}

async function writeFiles(directory: string): Promise<Files> {
  const [front, serving] = [await tlsCa('front-proxy-ca'), await tlsCa('webhook-ca')]
  const proxy = await tlsLeaf({ ca: front, names: [] })
  const server = await tlsLeaf({ ca: serving, names: [{ type: 'dns', value: 'dnswebhook.default.svc' }] })
  const contents = {
    'front-ca.crt': front.certificate,
    'proxy.crt': proxy.certificate,
    'proxy.key': proxy.key,
    'webhook.crt': server.certificate,
    'webhook.key': server.key,
  }
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(directory, name), content, { mode: 0o600 })
  return { directory, ca: serving.certificate }
}

/** With these the API server says to an aggregated one who is asking, as every cluster's does. */
const frontProxy = (directory: string): readonly string[] => [
  `--requestheader-client-ca-file=${join(directory, 'front-ca.crt')}`,
  '--requestheader-username-headers=X-Remote-User',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  `--proxy-client-cert-file=${join(directory, 'proxy.crt')}`,
  `--proxy-client-key-file=${join(directory, 'proxy.key')}`,
]

function startWebhook(
  { directory }: Files,
  { kubeconfig }: ControlPlane,
  { port, recordsPort }: { readonly port: number; readonly recordsPort: number },
): Promise<RunningProcess> {
  return startProcess({
    name: 'dnswebhook',
    command: locate(['dnswebhook']).dnswebhook,
    args: [
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      `--tls-cert-file=${join(directory, 'webhook.crt')}`,
      `--tls-private-key-file=${join(directory, 'webhook.key')}`,
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
    ],
    env: { GROUP_NAME: webhookGroup, RECORDS_ADDRESS: `127.0.0.1:${recordsPort}` },
    cwd: directory,
    logFile: join(directory, 'dnswebhook.log'),
    leftovers: [directory],
    isReady: async () => (await fetch(`http://127.0.0.1:${recordsPort}/`)).ok,
    readyWithin: 60_000,
  })
}

/** No network of Services here: the name of the Service leads to this machine. */
async function register(plane: ControlPlane, ca: string, port: number): Promise<void> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'dnswebhook', namespace: 'default' },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  }
  const apiService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1alpha1.${webhookGroup}` },
    spec: {
      group: webhookGroup,
      version: 'v1alpha1',
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      caBundle: Buffer.from(ca).toString('base64'),
      service: { name: 'dnswebhook', namespace: 'default', port },
    },
  }
  for (const object of [service, apiService]) await plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
  await plane.kubectl(['wait', '--for=condition=Available', '--timeout=90s', 'apiservice', `v1alpha1.${webhookGroup}`])
}
