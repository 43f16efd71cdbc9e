/** The programs around the operator, each in a pod: what they are started with, and what they are asked. */
import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { until } from '../support/cluster.ts'
import { tlsCa, tlsLeaf } from '../support/tls.ts'
import { partsImage } from './images.ts'
import type { Kube } from './kube.ts'
import { acmeHost, partsNamespace, shop, tsig, zones } from './names.ts'

/** Where a client finds the root that Pebble issues under; it is made anew at each start. */
export const rootFile = '/tmp/root.pem'

/** Of curl: an answer that is no success is an error, and nothing else is said. */
export const quietly = ['--silent', '--show-error', '--fail'] as const

export interface Parts {
  /** Addresses of the Services. */
  readonly names: string
  readonly nginx: string
  readonly bind: string
  /** Of a pod where nobody listens. */
  readonly nobody: string
  /** PEM of the CA of Pebble's own TLS certificate. */
  readonly acmeCa: string
  /** Has a name, or each that has no address of its own with `*`, lead to an address. */
  point(host: string, address: string): Promise<void>
  /** Runs a command where a client of the cluster's web sites would. @throws when it fails */
  client(command: readonly string[]): Promise<string>
  /** The texts at a name, as the server of its zone has them. */
  texts(name: string): Promise<readonly string[]>
  /** How many orders Pebble was given. */
  orders(): Promise<number>
}

interface PodShape {
  readonly namespace?: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly port?: number
  readonly account?: string
  readonly secret?: string
}

const pod = (
  name: string,
  { namespace = partsNamespace, command, environment = {}, port, account, secret }: PodShape,
): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    ...(account === undefined ? { automountServiceAccountToken: false } : { serviceAccountName: account }),
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name,
        image: partsImage,
        imagePullPolicy: 'Never',
        command,
        env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
        ...(port === undefined ? {} : { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          ...(secret === undefined ? [] : [{ name: 'secret', mountPath: '/secret', readOnly: true }]),
        ],
      },
    ],
    volumes: [
      { name: 'tmp', emptyDir: {} },
      ...(secret === undefined ? [] : [{ name: 'secret', secret: { secretName: secret } }]),
    ],
  },
})

const node = '/nodejs/bin/node'

const nameServer = pod('names', {
  command: [
    '/usr/bin/pebble-challtestsrv',
    '-dnsserver=:8053',
    '-management=:8055',
    '-defaultIPv6=',
    '-http01=',
    '-https01=',
    '-tlsalpn01=',
    '-doh=',
  ],
  port: 8055,
})

/** Holds the zone of DNS-01, and asks the name server for everything else. */
const bind = pod('bind', { command: ['/usr/sbin/named', '-g', '-c', '/secret/named.conf'], port: 8053, secret: 'bind' })

const zone = (address: string): string =>
  [
    '$TTL 60',
    `@ IN SOA ns1.${zones.dns01}. admin.${zones.dns01}. 1 3600 600 86400 5`,
    `@ IN NS ns1.${zones.dns01}.`,
    `ns1 IN A ${address}`,
    '',
  ].join('\n')

const namedConf = (names: string): string =>
  [
    'options { directory "/tmp"; listen-on port 8053 { any; }; listen-on-v6 { none; }; pid-file none; session-keyfile none;',
    `  recursion yes; allow-recursion { any; }; forward only; forwarders { ${names}; }; dnssec-validation no; };`,
    'controls { };',
    `key "${tsig.name}" { algorithm hmac-sha256; secret "${tsig.secret}"; };`,
    `zone "${zones.dns01}" { type primary; file "/secret/zone"; journal "/tmp/zone.jnl"; update-policy { grant ${tsig.name} zonesub TXT; }; };`,
    '',
  ].join('\n')

const pebble = (server: string): object =>
  pod('pebble', {
    command: ['/usr/bin/pebble', '-config=/secret/pebble.json', `-dnsserver=${server}:53`],
    // It looks at once, refuses no good nonce, and forgets what was proven: each order has its challenges.
    environment: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' },
    port: 14000,
    secret: 'pebble',
  })

const nginx = pod('nginx', {
  command: [node, '/app/ingress.mjs'],
  environment: { NODE_EXTRA_CA_CERTS: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' },
  port: 8080,
  account: 'nginx',
})

const page = "require('node:http').createServer((_, response) => response.end('the shop')).listen(8080)"
const site = pod('site', { namespace: shop, command: [node, '-e', page], port: 8080 })
const client = pod('client', { command: [node, '-e', 'setInterval(() => undefined, 1e9)'] })

async function pebbleFiles(): Promise<{ readonly ca: string; readonly files: Readonly<Record<string, string>> }> {
  const ca = await tlsCa('Pebble of the suite')
  const server = await tlsLeaf({ ca, names: [{ type: 'dns', value: acmeHost }] })
  const config = {
    pebble: {
      listenAddress: '0.0.0.0:14000',
      managementListenAddress: '0.0.0.0:15000',
      certificate: '/secret/tls.crt',
      privateKey: '/secret/tls.key',
      httpPort: 80,
      tlsPort: 443,
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
    },
  }
  const files = { 'tls.crt': server.certificate, 'tls.key': server.key, 'pebble.json': JSON.stringify(config) }
  return { ca: ca.certificate, files }
}

const yes = (): true => true

/** Puts everything up and waits until it is ready. */
export async function openParts(kube: Kube): Promise<Parts> {
  await kube.apply(readFileSync('test/e2e/parts.yaml', 'utf8'))
  const { ca, files } = await pebbleFiles()
  const metadata = { name: 'pebble', namespace: partsNamespace }
  await kube.apply(stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: files }))
  const [names, nginxAddress, acme, bindAddress] = await Promise.all(
    ['names', 'nginx', 'pebble', 'bind'].map((service) => kube.addressOf(partsNamespace, service)),
  )
  if (names === undefined || nginxAddress === undefined || acme === undefined || bindAddress === undefined)
    throw new Error('a Service has no address')
  const zoneFiles = { 'named.conf': namedConf(names), zone: zone(bindAddress) }
  await kube.apply(
    stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bind', namespace: partsNamespace },
      stringData: zoneFiles,
    }),
  )
  for (const namespace of [partsNamespace, shop])
    await kube.run(['wait', '-n', namespace, '--for=create', 'serviceaccount/default', '--timeout=60s'])
  await kube.create(nameServer, bind, pebble(bindAddress), nginx, site, client)
  for (const namespace of [partsNamespace, shop])
    await kube.run(['wait', '-n', namespace, '--for=condition=Ready', 'pod', '--all', '--timeout=90s'])
  const ofPod = ['get', 'pod', 'client', '-n', partsNamespace, '-o', 'jsonpath={.status.podIP}']
  const nobody = await kube.run(ofPod)
  const parts = partsIn(kube, { names, nginx: nginxAddress, bind: bindAddress, nobody, acmeCa: ca })
  await until('the name server is led to', () => parts.point('*', nginxAddress).then(yes, () => undefined))
  await parts.point(acmeHost, acme)
  await parts.point(`ns1.${zones.dns01}`, bindAddress)
  // Whom we ask is beyond doubt here: what is fetched is what everything else is judged by.
  const root = `https://${acme}:15000/roots/0`
  await parts.client(['curl', ...quietly, '--insecure', '--output', rootFile, root])
  return parts
}

function partsIn(kube: Kube, fixed: Pick<Parts, 'names' | 'nginx' | 'bind' | 'nobody' | 'acmeCa'>): Parts {
  const exec = (command: readonly string[]): Promise<string> =>
    kube.run(['exec', '-n', partsNamespace, 'client', '--', ...command])
  const tell = async (what: string, body: object): Promise<void> => {
    await exec(['curl', ...quietly, '--data', JSON.stringify(body), `http://${fixed.names}:8055/${what}`])
  }
  return {
    ...fixed,
    client: exec,
    point: async (host, address) => {
      if (host === '*') return tell('set-default-ipv4', { ip: address })
      await tell('clear-a', { host: `${host}.` })
      await tell('add-a', { host: `${host}.`, addresses: [address] })
    },
    texts: async (name) => {
      const script = `const { Resolver } = require('node:dns').promises; const r = new Resolver(); r.setServers(['${fixed.bind}'])
        r.resolveTxt('${name}').catch(() => []).then((found) => console.log(JSON.stringify(found.flat())))`
      return JSON.parse(await exec([node, '-e', script])) as readonly string[]
    },
    orders: async () => {
      const log = await kube.run(['logs', '-n', partsNamespace, 'pebble'])
      return log.split('\n').filter((line) => /Added order/.test(line)).length
    },
  }
}
