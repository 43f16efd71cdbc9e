/** The table of settings: what each is called, means, and looks like. `config.ts` reads them. */
import { z } from 'zod'
import { compilePolicy } from './net/address.ts'
import { parseDnsServer } from './net/dnsclient.ts'
import { parseGoDuration } from './std/duration.ts'
import { parseHostPort } from './std/hostport.ts'
import type { Duration } from './std/time.ts'

interface Setting<S extends z.ZodType> {
  /** From text to value. */
  readonly schema: S
  readonly fallback: string
  /** A variable that others set, looked at before the fallback. */
  readonly alsoFrom?: string
  /** What the value looks like, for the help text. */
  readonly shape: string
  readonly help: string
}

const setting = <S extends z.ZodType>(fields: Setting<S>): Setting<S> => fields

const count = (least: number, most: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`))

const yesOrNo = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true')

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

const optional = z.string().transform((text) => (text === '' ? undefined : text))

const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a Kubernetes name')

const duration = (least: string): z.ZodType<Duration> =>
  z.string().transform((text, context) => {
    const parsed = parseGoDuration(text)
    const shortest = parseGoDuration(least)
    if (!parsed.ok) context.addIssue('must be a duration such as 90s, 15m or 2h')
    else if (shortest.ok && parsed.value < shortest.value) context.addIssue(`must be at least ${least}`)
    return parsed.ok ? parsed.value : z.NEVER
  })

const listenAddress = z
  .string()
  .refine((text) => text === 'off' || parseHostPort(text) !== undefined, 'must be host:port, :port, or off')
  .transform((text) => (text === 'off' ? undefined : text))

const addressRanges = list.superRefine((ranges, context) => {
  const compiled = compilePolicy({ kind: 'public', allow: ranges })
  if (!compiled.ok) context.addIssue(`is wrong: ${compiled.error}`)
})

const nameservers = list.transform((texts, context) =>
  texts.flatMap((text) => {
    const server = parseDnsServer(text)
    if (server === undefined) context.addIssue(`is wrong: ${text} is no host, host:port or address`)
    return server ?? []
  }),
)

const issuer = z.string().transform((text, context) => {
  if (text === '') return undefined
  const [, kind = 'ClusterIssuer', called = ''] =
    /^(?:(ClusterIssuer|Issuer)\/)?([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/.exec(text) ?? []
  if (called === '') context.addIssue('must be the name of an issuer, with ClusterIssuer/ or Issuer/ before it')
  return { kind: kind === 'Issuer' ? ('Issuer' as const) : ('ClusterIssuer' as const), name: called }
})

/** The key is the name in code; `--its-flag` and `$PERENNIAL_ITS_FLAG` are made from it. */
export const settings = {
  kubeconfig: setting({
    schema: optional,
    fallback: '',
    alsoFrom: 'KUBECONFIG',
    shape: 'path',
    help: 'Kubeconfig file. Empty: the ServiceAccount of the pod, or ~/.kube/config outside a cluster.',
  }),
  serviceAccountDirectory: setting({
    schema: z.string().min(1, 'must be a path'),
    fallback: '/var/run/secrets/kubernetes.io/serviceaccount',
    shape: 'path',
    help: 'In a pod: the folder with the token and the ca.crt of its ServiceAccount.',
  }),
  namespaces: setting({
    schema: list,
    fallback: '',
    shape: 'a,b,...',
    help: 'Namespaces to look after. Empty: all of them.',
  }),
  clusterIssuers: setting({
    schema: z.enum(['auto', 'true', 'false'], 'must be auto, true or false'),
    fallback: 'auto',
    shape: 'auto|true|false',
    help: 'Look after ClusterIssuers, which takes a ClusterRole. auto: unless --namespaces is given.',
  }),
  clusterResourceNamespace: setting({
    schema: name,
    fallback: 'perennial',
    alsoFrom: 'POD_NAMESPACE',
    shape: 'namespace',
    help: 'Where the Secrets of ClusterIssuers lie.',
  }),
  workers: setting({
    schema: count(1, 1024),
    fallback: '32',
    shape: 'number',
    help: 'How many objects of one kind are worked on at the same time.',
  }),
  reconcileDeadline: setting({
    schema: duration('1s'),
    fallback: '2m',
    shape: 'duration',
    help: 'After this long the work on one object is cut off and tried again.',
  }),
  retryFirst: setting({
    schema: duration('10ms'),
    fallback: '1s',
    shape: 'duration',
    help: 'First wait after an unexpected error, such as the API server being away; it doubles from there.',
  }),
  retryLongest: setting({
    schema: duration('1s'),
    fallback: '5m',
    shape: 'duration',
    help: 'Longest wait after unexpected errors.',
  }),
  leaderElection: setting({
    schema: yesOrNo,
    fallback: 'true',
    shape: 'true|false',
    help: 'Let one of several replicas act. Without it, run one replica only.',
  }),
  leaderElectionName: setting({
    schema: name,
    fallback: 'perennial',
    shape: 'name',
    help: 'Name of the Lease.',
  }),
  leaderElectionNamespace: setting({
    schema: name,
    fallback: 'perennial',
    alsoFrom: 'POD_NAMESPACE',
    shape: 'namespace',
    help: 'Namespace of the Lease.',
  }),
  leaseDuration: setting({
    schema: duration('1s'),
    fallback: '15s',
    shape: 'duration',
    help: 'How long others wait after the last sign of a leader before they take over.',
  }),
  leaseRenewDeadline: setting({
    schema: duration('500ms'),
    fallback: '10s',
    shape: 'duration',
    help: 'How long a leader tries to renew before it gives up and exits; less than the lease duration.',
  }),
  leaseRetryPeriod: setting({
    schema: duration('100ms'),
    fallback: '2s',
    shape: 'duration',
    help: 'How often the Lease is renewed or looked at; less than the renew deadline.',
  }),
  identity: setting({
    schema: optional,
    fallback: '',
    alsoFrom: 'POD_NAME',
    shape: 'name',
    help: 'Name of this replica in the Lease and in Events. Empty: the host name.',
  }),
  metricsAddress: setting({
    schema: listenAddress,
    fallback: ':9402',
    shape: 'host:port|off',
    help: 'Where /metrics, /healthz and /readyz are served.',
  }),
  http01Address: setting({
    schema: listenAddress,
    fallback: ':8089',
    shape: 'host:port|off',
    help: 'Where answers to ACME HTTP-01 challenges are served.',
  }),
  http01Service: setting({
    schema: name,
    fallback: 'perennial-http01',
    shape: 'name',
    help: 'Service, in the namespace of --cluster-resource-namespace, that leads to --http01-address; routes of challenges lead to its endpoints.',
  }),
  http01SelfCheck: setting({
    schema: yesOrNo,
    fallback: 'true',
    shape: 'true|false',
    help: 'Look at HTTP-01 and TLS-ALPN-01 answers from here before the CA is told to; never longer than 20 s, and never a hard gate.',
  }),
  tlsAlpn01Address: setting({
    schema: listenAddress,
    fallback: 'off',
    shape: 'host:port|off',
    help: 'Where answers to ACME TLS-ALPN-01 challenges are shown; port 443 of the names must lead here, TLS and all.',
  }),
  dns01RecursiveNameservers: setting({
    schema: nameservers,
    fallback: '',
    shape: 'host:port,...',
    help: 'Where zones and aliases of names under proof are looked up. Empty: the servers of /etc/resolv.conf.',
  }),
  dns01RecursiveNameserversOnly: setting({
    schema: yesOrNo,
    fallback: 'false',
    shape: 'true|false',
    help: 'Ask these for new records too, not the authoritative servers: for networks that let no other DNS out.',
  }),
  dns01PropagationTimeout: setting({
    schema: duration('1s'),
    fallback: '5m',
    shape: 'duration',
    help: 'How long a new record may be unseen before the CA is asked to look all the same.',
  }),
  webAddress: setting({
    schema: listenAddress,
    fallback: 'off',
    shape: 'host:port|off',
    help: 'Where the page of the inventory and its API are served, for example :8090. Who asks is known by a token of the cluster and sees the namespaces where they may list certificates.perennial.dev.',
  }),
  inventory: setting({
    schema: z.enum(['managed', 'secrets', 'all'], 'must be managed, secrets or all'),
    fallback: 'managed',
    shape: 'managed|secrets|all',
    help: 'What the inventory holds: Certificates; with secrets also what lies in other Secrets of the type kubernetes.io/tls; with all in ConfigMaps too. Page, metrics and notifications tell of it.',
  }),
  issuerAmbientCredentials: setting({
    schema: yesOrNo,
    fallback: 'false',
    shape: 'true|false',
    help: 'Let Issuers that name no credentials for their provider of DNS use what the operator itself runs as: a role, a workload identity, an identity of its machine.',
  }),
  clusterIssuerAmbientCredentials: setting({
    schema: yesOrNo,
    fallback: 'true',
    shape: 'true|false',
    help: 'The same for ClusterIssuers.',
  }),
  ingress: setting({
    schema: yesOrNo,
    fallback: 'true',
    shape: 'true|false',
    help: 'Make Certificates for Ingresses and Gateways that carry the annotation perennial.dev/issuer or cluster-issuer.',
  }),
  certManagerAnnotations: setting({
    schema: yesOrNo,
    fallback: 'false',
    shape: 'true|false',
    help: 'Understand the annotations of cert-manager on Ingresses and Gateways too; switch its own ingress-shim off then.',
  }),
  defaultIssuer: setting({
    schema: issuer,
    fallback: '',
    shape: '[ClusterIssuer/|Issuer/]name',
    help: 'Issuer for Ingresses with the annotation kubernetes.io/tls-acme: "true" that name none. Empty: they get nothing.',
  }),
  discoveryInterval: setting({
    schema: duration('1s'),
    fallback: '30s',
    shape: 'duration',
    help: 'How often it is looked whether the cluster has got the kinds of the Gateway API.',
  }),
  logLevel: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error'),
    fallback: 'info',
    shape: 'level',
    help: 'Least important log lines to print: debug, info, warn or error.',
  }),
  logFormat: setting({
    schema: z.enum(['json', 'text'], 'must be json or text'),
    fallback: 'json',
    shape: 'json|text',
    help: 'JSON lines for machines, or text for a person at a terminal.',
  }),
  issuerProbeInterval: setting({
    schema: duration('10s'),
    fallback: '10m',
    shape: 'duration',
    help: 'How often a healthy issuer is asked whether it is still there.',
  }),
  issuerConcurrency: setting({
    schema: count(1, 1024),
    fallback: '16',
    shape: 'number',
    help: 'Calls to one issuer at the same time, where the issuer does not say otherwise.',
  }),
  httpTimeout: setting({
    schema: duration('1s'),
    fallback: '30s',
    shape: 'duration',
    help: 'How long one HTTP exchange with a CA may take, from connecting to the last byte.',
  }),
  addressGuard: setting({
    schema: yesOrNo,
    fallback: 'true',
    shape: 'true|false',
    help: 'Refuse to call loopback, link-local and cloud metadata addresses, whatever issuers say.',
  }),
  allowAddresses: setting({
    schema: addressRanges,
    fallback: '',
    shape: 'CIDR,...',
    help: 'Address ranges that may be called although the guard would refuse them.',
  }),
  denyAddresses: setting({
    schema: addressRanges,
    fallback: '',
    shape: 'CIDR,...',
    help: 'Further address ranges that must not be called, for example those of pods and Services. The address of the API server is always among them.',
  }),
  notificationsConfig: setting({
    schema: optional,
    fallback: '',
    shape: 'path',
    help: 'File that says who is told of trouble (docs/notifications.md). Empty: nobody.',
  }),
  notificationsInterval: setting({
    schema: duration('1s'),
    fallback: '30s',
    shape: 'duration',
    help: 'How often it is looked whether there is something to tell.',
  }),
  shutdownGrace: setting({
    schema: duration('0s'),
    fallback: '20s',
    shape: 'duration',
    help: 'How long work that is under way may take to finish when the process is told to stop.',
  }),
} as const
