/** Web sites that ask for certificates by annotation, and what a plain TLS client sees of them. */
import { X509Certificate } from 'node:crypto'
import type { Secret } from '../../src/api/meta.ts'
import { until } from '../support/cluster.ts'
import type { SeenCertificate } from '../support/cluster.ts'
import type { Kube } from './kube.ts'
import { home, shop } from './names.ts'
import { quietly, rootFile } from './parts.ts'
import type { World } from './world.ts'

interface Backend {
  readonly service: { readonly name: string; readonly port: { readonly number: number } }
}

const backend: Backend = { service: { name: 'site', port: { number: 80 } } }

/** The Ingress of one host, with the annotation that asks for its certificate in the Secret of the same name. */
export const siteOf = (name: string, host: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: shop, annotations: { 'perennial.dev/cluster-issuer': 'pebble' } },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: [host], secretName: name }],
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
  },
})

/**
 * Waits until the Certificate that was made for a Secret says that it is ready.
 *
 * @throws with what it says instead, and the end of what the operator has logged
 */
export async function ready(kube: Kube, name: string): Promise<void> {
  const path = `certificates.perennial.dev/${name}`
  try {
    await kube.run(['wait', '-n', shop, '--for=create', path, '--timeout=60s'])
    await kube.run(['wait', '-n', shop, '--for=condition=Ready', path, '--timeout=90s'])
  } catch (error) {
    const status = JSON.stringify((await certificate(kube, name))?.status, undefined, 1)
    const log = await kube.run(['logs', '-n', home, '-l', 'app.kubernetes.io/name=perennial', '--tail=30', '--prefix'])
    throw new Error(`${String(error)}; it is ${status}\n${log}`, { cause: error })
  }
}

/** A Certificate as it is now; undefined while it is not there. */
export async function certificate(kube: Kube, name: string): Promise<SeenCertificate | undefined> {
  const { items } = await kube.get<{ readonly items: readonly SeenCertificate[] }>(
    'certificates.perennial.dev',
    '-n',
    shop,
  )
  return items.find(({ metadata }) => metadata.name === name)
}

/** What lies in every Secret with a certificate, by name. */
export async function secretsOf({ kube }: World): Promise<Readonly<Record<string, unknown>>> {
  const { items } = await kube.get<{ readonly items: readonly Secret[] }>('secrets', '-n', shop)
  const kept = items.filter(({ type }) => type === 'kubernetes.io/tls')
  return Object.fromEntries(kept.map(({ metadata, data }) => [metadata.name, data]))
}

/** What a site answers to curl, which trusts the CA and nobody else. @throws when its certificate is not believed */
export const page = ({ parts }: World, host: string): Promise<string> =>
  parts.client([
    'curl',
    ...quietly,
    '--cacert',
    rootFile,
    '--resolve',
    `${host}:443:${parts.nginx}`,
    `https://${host}/`,
  ])

export interface Shown {
  readonly serial: string
  readonly issuer: string
  readonly names: string
}

/** The certificate that nginx shows for a host, as openssl sees it; undefined when there is none. */
async function shownFor({ parts }: World, host: string): Promise<Shown | undefined> {
  const trust = ['-CAfile', rootFile, '-verify_return_error', '-verify_hostname', host]
  const connect = ['openssl', 's_client', '-connect', `${parts.nginx}:443`, '-servername', host, ...trust]
  // It is told that there is nothing to send, and so ends after the handshake.
  const text = await parts.client(connect).catch(() => '')
  const pem = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(text)?.[0]
  return pem === undefined ? undefined : factsOf(pem)
}

function factsOf(pem: string): Shown {
  const { serialNumber, issuer, subjectAltName = '' } = new X509Certificate(pem)
  return { serial: serialNumber, issuer, names: subjectAltName }
}

/** Waits until nginx shows another certificate than that of this serial number, if any. */
export const shownOtherThan = (world: World, host: string, serial = ''): Promise<Shown> =>
  until(`another certificate for ${host}`, async () => {
    const shown = await shownFor(world, host)
    return shown === undefined || shown.serial === serial ? undefined : shown
  })
