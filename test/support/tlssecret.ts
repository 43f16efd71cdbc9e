import type { Secret } from '../../src/api/meta.ts'

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Of the namespace `shop`; `data` as text. */
export const tlsSecret = (name: string, data: Readonly<Record<string, string>>, metadata: object = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '7', ...metadata },
  type: 'kubernetes.io/tls',
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
})
