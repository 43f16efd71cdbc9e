/** Web sites that ask for certificates by annotation, and what a plain TLS client sees of them. */
import { X509Certificate } from 'node:crypto'
import { until } from '../support/cluster.ts'
import type { Kube } from './kube.ts'
import { shop } from './names.ts'
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

/** Waits until the Certificate that was made for a Secret says that it is ready. */
export async function ready(kube: Kube, name: string): Promise<void> {
  const certificate = `certificates.perennial.dev/${name}`
  await kube.run(['wait', '-n', shop, '--for=create', certificate, '--timeout=60s'])
  await kube.run(['wait', '-n', shop, '--for=condition=Ready', certificate, '--timeout=120s'])
}

export interface Shown {
  readonly serial: string
  readonly issuer: string
  readonly names: string
}

/** The certificate that nginx shows for a host, as openssl sees it; undefined when there is none. */
async function shownFor({ parts }: World, host: string): Promise<Shown | undefined> {
  const connect = ['openssl', 's_client', '-connect', `${parts.nginx}:443`, '-servername', host]
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
