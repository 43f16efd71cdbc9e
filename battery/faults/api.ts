/** The proxy in front of an API server, and the kubeconfig that leads to it. */
import { kubeconfigText } from '../../test/support/controlplane.ts'
import { tlsCa, tlsLeaf } from '../../test/support/tls.ts'
import type { TlsMaterial } from '../../test/support/tls.ts'
import { askedOfApi } from './asked.ts'
import { startHttpProxy } from './httpproxy.ts'
import type { HttpProxy, HttpProxyOptions } from './httpproxy.ts'

export interface ApiProxy extends HttpProxy {
  /** Text of a kubeconfig that leads to the proxy. */
  readonly kubeconfig: string
  /** PEM. */
  readonly ca: string
}

const here = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
] as const

export interface ServingMaterial {
  readonly tls: { readonly cert: string; readonly key: string }
  readonly ca: TlsMaterial
}

/** A certificate for this machine, of a CA that was made for it. */
export async function servingMaterial(): Promise<ServingMaterial> {
  const ca = await tlsCa('fault-proxy')
  const { certificate, key } = await tlsLeaf({ ca, names: here })
  return { tls: { cert: certificate, key }, ca }
}

/** @param token - of whom the client is to be; the proxy's own credentials are used when left out */
export async function startApiProxy(
  options: Omit<HttpProxyOptions, 'read' | 'tls'>,
  token: string | undefined,
): Promise<ApiProxy> {
  const { tls, ca } = await servingMaterial()
  const proxy = await startHttpProxy({ ...options, tls, read: askedOfApi })
  const { url } = proxy
  const kubeconfig = kubeconfigText({ url, ca: ca.certificate, ...(token === undefined ? {} : { token }) })
  return { ...proxy, kubeconfig, ca: ca.certificate }
}
