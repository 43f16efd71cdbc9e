/** The configuration of nginx that Ingresses ask for. */
import { createHash } from 'node:crypto'
import type { Cluster, Meta, Path, Secret } from './objects.ts'

export interface Rendered {
  readonly config: string
  /** PEM by path: certificates and keys, named by what they hold, so that a new one is another file. */
  readonly files: Readonly<Record<string, string>>
}

interface Host {
  readonly locations: Map<string, string>
  certificate: { readonly chain: string; readonly key: string } | undefined
}

const folder = '/tmp'

/** Unprivileged ports; the Service has the usual ones. */
const plainPort = 8080
const tlsPort = 8443

const same = (namespace: string, name: string) => (one: { readonly metadata: Meta }) =>
  one.metadata.namespace === namespace && one.metadata.name === name

/** Ingresses with the same host are one server: that of a challenge stands beside the one that it is for. */
export function render(cluster: Cluster): Rendered {
  const hosts = new Map<string, Host>()
  const files: Record<string, string> = {}
  const hostOf = (name: string): Host => {
    const host = hosts.get(name) ?? { locations: new Map(), certificate: undefined }
    hosts.set(name, host)
    return host
  }
  for (const { metadata, spec } of cluster.ingresses) {
    for (const { host = '_', http } of spec.rules ?? [])
      for (const path of http?.paths ?? []) addPath(hostOf(host), path, addressIn(cluster, metadata.namespace, path))
    for (const { hosts: names = [], secretName = '' } of spec.tls ?? []) {
      const found = keep(cluster.secrets.find(same(metadata.namespace, secretName)), files)
      for (const name of names) hostOf(name).certificate ??= found
    }
  }
  const servers = [...hosts].toSorted(([one], [other]) => one.localeCompare(other)).map(serverText)
  return { config: configText(servers.join('')), files }
}

function addressIn({ services }: Cluster, namespace: string, { backend }: Path): string | undefined {
  const { name, port } = backend.service
  const address = services.find(same(namespace, name))?.spec.clusterIP
  return address === undefined ? undefined : `http://${address}:${port.number}`
}

function addPath({ locations }: Host, { path = '/', pathType }: Path, address: string | undefined): void {
  const match = pathType === 'Exact' ? `= "${path}"` : `"${path}"`
  const answer = address === undefined ? 'return 503;' : `proxy_pass ${address}; proxy_set_header Host $host;`
  if (!locations.has(match)) locations.set(match, answer)
}

function keep(secret: Secret | undefined, files: Record<string, string>): Host['certificate'] {
  const [chain, key] = ['tls.crt', 'tls.key'].map((member) => {
    const text = Buffer.from(secret?.data?.[member] ?? '', 'base64').toString()
    if (text === '') return undefined
    const path = `${folder}/${createHash('sha256').update(text).digest('hex')}.pem`
    files[path] = text
    return path
  })
  return chain === undefined || key === undefined ? undefined : { chain, key }
}

function serverText([name, { locations, certificate }]: readonly [string, Host]): string {
  const tls =
    certificate &&
    `listen ${tlsPort} ssl; ssl_certificate ${certificate.chain}; ssl_certificate_key ${certificate.key};`
  const places = [...locations].map(([match, answer]) => `    location ${match} { ${answer} }\n`)
  return `  server {\n    listen ${plainPort}; ${tls ?? ''}\n    server_name ${name};\n${places.join('')}  }\n`
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
  (name) => `${name}_temp_path ${folder}/${name};`,
)

const configText = (servers: string): string => `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  server_names_hash_bucket_size 128;
  ${temporary.join(' ')}
  server { listen ${plainPort} default_server; return 404; }
  server { listen ${tlsPort} ssl default_server; ssl_reject_handshake on; }
${servers}}
`
