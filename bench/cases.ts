/** The protocols that are measured: a row each. */
import { startPebble } from '../test/support/pebble.ts'
import { issuer, selfSigned } from './objects.ts'
import type { BenchProtocol } from './options.ts'
import { serveCmp, serveEst, serveScep } from './servers.ts'
import type { Served } from './servers.ts'

export interface Case {
  readonly title: string
  /** The CA, running; its issuer is called like the protocol. */
  start(ports: { readonly http01: number }): Promise<Started>
}

export interface Started {
  /** What its Issuer needs first: paths and objects. */
  readonly before: readonly { readonly path: 'secrets' | 'issuers' | 'certificates'; readonly object: object }[]
  readonly issuer: object
  /** Secrets that the issuer makes, and that a new one must not find. */
  readonly made: readonly string[]
  /** Of each certificate. */
  readonly privateKey: object
  readonly flags: readonly string[]
  readonly stop: () => Promise<void>
}

const p256 = { algorithm: 'ECDSA' }
const rsa2048 = { algorithm: 'RSA', size: 2048 }

const plain = { before: [], made: [], privateKey: p256, flags: [], stop: () => Promise.resolve() } as const

function started(protocol: string, { spec, secret, stop }: Served<object>): Started {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: protocol }, stringData: { secret } }
  return { ...plain, before: [{ path: 'secrets', object }], issuer: issuer(protocol, { [protocol]: spec }), stop }
}

export const cases: Readonly<Record<BenchProtocol, Case>> = {
  ca: {
    title: 'CA issuer',
    start: () =>
      Promise.resolve({
        ...plain,
        before: [
          { path: 'issuers', object: issuer('root', { selfSigned: {} }) },
          { path: 'certificates', object: selfSigned('ca-root', 'root') },
        ],
        issuer: issuer('ca', { ca: { secretName: 'ca-root' } }),
      }),
  },
  acme: {
    title: 'ACME (Pebble, HTTP-01)',
    start: async ({ http01 }) => {
      const pebble = await startPebble({ httpPort: http01, nonceReject: 0, env: { PEBBLE_VA_NOSLEEP: '1' } })
      const account = 'acme-account'
      const acme = {
        server: pebble.directoryUrl,
        privateKeySecretRef: { name: account },
        solvers: [{ http01: {} }],
      }
      const tls = { caBundle: Buffer.from(pebble.caBundle).toString('base64') }
      return {
        ...plain,
        issuer: issuer('acme', { tls, acme }),
        made: [account],
        flags: ['--http01-self-check=false'],
        stop: () => pebble.stop(),
      }
    },
  },
  est: { title: 'EST (estserver)', start: async () => started('est', await serveEst()) },
  scep: {
    title: 'SCEP (own server, RSA-2048)',
    start: async () => ({ ...started('scep', await serveScep()), privateKey: rsa2048 }),
  },
  cmp: { title: 'CMP (own server)', start: async () => started('cmp', await serveCmp()) },
}
