/** The commands that speak with a cluster, each from what is asked for to an exit code. */
import type { Certificate } from '../../api/certificate.ts'
import { apiVersion, group } from '../../api/meta.ts'
import { revocationKind } from '../../api/revocation.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { readCertificates } from '../../pki/pem.ts'
import { toRfc3339 } from '../../std/time.ts'
import { exitCodes } from '../exitcodes.ts'
import type { ExitCode } from '../exitcodes.ts'
import { readText } from '../documents.ts'
import { toldCertificate } from '../told.ts'
import type { World } from '../world.ts'
import { listAll } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { gather } from './gather.ts'
import { importAll } from './import/command.ts'
import { inventory } from './inventory.ts'
import { tableLines, treeLines } from './layout.ts'
import type { ClusterOptions } from './options.ts'
import { report } from './report.ts'
import { certificateRow, certificateTree, columns, conditionOf, factsText, issuerTree } from './story.ts'
import { untilRenewed, untilRevoked } from './waiting.ts'
import { whyLines } from './why.ts'

export interface Errand {
  readonly cluster: Cluster
  readonly options: ClusterOptions
  readonly world: World
  /** Aborted by Ctrl-C and when the time is up. */
  readonly signal: AbortSignal
}

type Command = (errand: Errand) => Promise<ExitCode>

export const runs: Readonly<Record<ClusterOptions['command'], Command>> = {
  status: (errand) => (errand.options.words.length === 0 ? statusOfAll(errand) : statusOf(errand)),
  why,
  renew,
  revoke,
  inventory,
  report,
  inspect,
  import: importAll,
}

async function statusOfAll(errand: Errand): Promise<ExitCode> {
  const { cluster, options, world, signal } = errand
  const scope = options.allNamespaces ? {} : { namespace: cluster.namespace }
  const found = await listAll(cluster.certificates, scope, signal)
  const now = world.clock.now()
  if (printed(errand, { kind: 'List', items: found })) return exitCodes.fine
  if (found.length === 0) {
    const where = options.allNamespaces ? 'the cluster' : `namespace ${cluster.namespace}`
    world.terminal.note(`There are no Certificates in ${where}.`)
    return exitCodes.fine
  }
  const row = (certificate: Certificate): readonly string[] => [
    ...(options.allNamespaces ? [certificate.metadata.namespace ?? ''] : []),
    ...certificateRow(certificate, now),
    ...(options.output === 'wide' ? [conditionOf(certificate, 'Ready')?.message ?? ''] : []),
  ]
  const head = [
    ...(options.allNamespaces ? ['NAMESPACE'] : []),
    ...columns,
    ...(options.output === 'wide' ? ['MESSAGE'] : []),
  ]
  world.terminal.text(tableLines([head, ...found.map(row)]))
  return exitCodes.fine
}

async function statusOf(errand: Errand): Promise<ExitCode> {
  const ends: ExitCode[] = []
  for (const word of errand.options.words) ends.push(await statusOfOne(errand, word))
  return ends.find((end) => end !== exitCodes.fine) ?? exitCodes.fine
}

async function statusOfOne(errand: Errand, word: string): Promise<ExitCode> {
  const { cluster, world, signal } = errand
  const [kind, name = ''] = word.includes('/') ? word.split('/', 2) : ['certificate', word]
  const now = world.clock.now()
  if (kind === 'issuer' || kind === 'clusterissuer') {
    const { namespace } = cluster
    const issuer = await (kind === 'issuer'
      ? cluster.issuers.get({ namespace, name }, signal)
      : cluster.clusterIssuers.get({ name }, signal))
    if (issuer === undefined) return missing(errand, `${kind} ${name}`)
    if (!printed(errand, issuer)) world.terminal.text(treeLines(issuerTree(issuer, now)))
    return conditionOf(issuer, 'Ready')?.status === 'True' ? exitCodes.fine : exitCodes.issuer
  }
  if (kind !== 'certificate' && kind !== 'cert')
    return wrong(errand, `"${word}": write name, issuer/name or clusterissuer/name.`)
  const gathered = await gather(cluster, name, signal)
  if (gathered === undefined) return missing(errand, `Certificate ${name}`)
  if (!printed(errand, gathered.certificate)) world.terminal.text(treeLines(certificateTree(gathered, now)))
  return exitOfCertificate(gathered.certificate)
}

const exitOfCertificate = (certificate: Certificate): ExitCode =>
  conditionOf(certificate, 'Ready')?.status === 'True' ? exitCodes.fine : exitCodes.pending

async function why(errand: Errand): Promise<ExitCode> {
  const { cluster, options, world, signal } = errand
  const [name = ''] = options.words
  const gathered = await gather(cluster, name, signal)
  if (gathered === undefined) return missing(errand, `Certificate ${name}`)
  const lines = whyLines(gathered, world.clock.now())
  if (!printed(errand, { certificate: name, sentences: lines })) world.terminal.text(lines)
  return exitOfCertificate(gathered.certificate)
}

const renewAnnotation = 'perennial.dev/renew'

async function renew(errand: Errand): Promise<ExitCode> {
  const { cluster, options, world, signal } = errand
  const chosen = await chooseCertificates(errand)
  const absent = chosen.filter(({ found }) => found === undefined)
  if (absent.length > 0) return missing(errand, `Certificate ${absent.map(({ name }) => name).join(', ')}`)
  const certificates = chosen.flatMap(({ found }) => (found === undefined ? [] : [found]))
  if (certificates.length === 0) return wrong(errand, 'No Certificate was chosen.')
  const token = toRfc3339(world.clock.now())
  for (const { metadata } of certificates) {
    const ref = { namespace: metadata.namespace ?? '', name: metadata.name }
    await cluster.certificates.mergePatch(ref, { metadata: { annotations: { [renewAnnotation]: token } } }, signal)
    world.terminal.note(`Certificate ${ref.namespace}/${ref.name}: renewal asked for`)
  }
  const asked = certificates.map(({ metadata: { namespace, name } }) => ({ namespace, name, requested: token }))
  printed(errand, { kind: 'List', items: asked })
  return options.wait ? untilRenewed(errand, certificates) : exitCodes.fine
}

async function chooseCertificates({
  cluster,
  options,
  signal,
}: Errand): Promise<readonly { readonly name: string; readonly found: Certificate | undefined }[]> {
  const { namespace } = cluster
  if (options.words.length > 0)
    return Promise.all(
      options.words.map(async (name) => ({ name, found: await cluster.certificates.get({ namespace, name }, signal) })),
    )
  const scope = options.allNamespaces ? {} : { namespace }
  const all = await listAll(cluster.certificates, { ...scope, labelSelector: options.selector }, signal)
  return all.map((found) => ({ name: found.metadata.name, found }))
}

async function revoke(errand: Errand): Promise<ExitCode> {
  const { cluster, options, world, signal } = errand
  const [name = ''] = options.words
  const { namespace } = cluster
  const certificate = await cluster.certificates.get({ namespace, name }, signal)
  if (certificate === undefined) return missing(errand, `Certificate ${name}`)
  const serial = (certificate.status?.serialNumber ?? '').toLowerCase().slice(-16)
  if (serial === '') return wrong(errand, `Certificate ${name} holds no certificate that could be revoked.`)
  const order = {
    apiVersion,
    kind: revocationKind.kind,
    metadata: { namespace, name: `${name.slice(0, 200)}-${serial.replace(/[^0-9a-f]/g, '')}` },
    spec: {
      certificateRef: { name },
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.reissue ? { reissue: 'First' as const } : {}),
      ...(options.issuer === undefined ? {} : { issuerRef: { ...options.issuer, group } }),
    },
  }
  const made = await cluster.revocations.create(order, signal)
  if (!printed(errand, made)) world.terminal.text([`CertificateRevocation ${namespace}/${order.metadata.name} made`])
  return options.wait ? untilRevoked(errand, order.metadata.name) : exitCodes.fine
}

async function inspect(errand: Errand): Promise<ExitCode> {
  const { options, world } = errand
  const source = await pemFor(errand)
  if ('missing' in source) return missing(errand, source.missing)
  if ('wrong' in source) return wrong(errand, source.wrong)
  const certificates = readCertificates(source.pem)
  if (!certificates.ok) return wrong(errand, `${source.what} holds no readable certificate: ${certificates.error}.`)
  const facts = certificates.value.map(certificateFacts)
  const known = facts.flatMap((one) => (one.ok ? [one.value] : []))
  const now = world.clock.now()
  if (printed(errand, { source: source.what, certificates: known.map(toldCertificate) })) return exitCodes.fine
  const wide = options.output === 'wide'
  const lines = known.flatMap((one, index) => [
    `${index === 0 ? 'leaf ' : 'chain'}  ${factsText(one, { isLeaf: index === 0, now })}`,
    ...(wide ? [`       SHA-256 ${one.fingerprint}`, `       usages ${one.usages.join(', ')}`] : []),
  ])
  world.terminal.text([source.what, ...lines])
  return exitCodes.fine
}

async function pemFor({
  cluster,
  options,
  world,
  signal,
}: Errand): Promise<
  { readonly what: string; readonly pem: string } | { readonly missing: string } | { readonly wrong: string }
> {
  const { file } = options
  if (file !== undefined) {
    const text = await readText(file, world.readStdin)
    return text.ok ? { what: file === '-' ? 'standard input' : file, pem: text.value } : { wrong: text.error }
  }
  const [name = ''] = options.words
  const secret = await cluster.secrets.get({ namespace: cluster.namespace, name }, signal)
  if (secret === undefined) return { missing: `Secret ${name}` }
  const pem = Buffer.from(secret.data?.['tls.crt'] ?? secret.data?.['ca.crt'] ?? '', 'base64').toString('utf8')
  return { what: `Secret ${cluster.namespace}/${name}`, pem }
}

/** @returns whether a program asked, and was answered */
function printed({ options, world }: Errand, value: object): boolean {
  if (options.output !== 'json' && options.output !== 'yaml') return false
  world.terminal.result({ ...value }, [])
  return true
}

function missing({ cluster, world }: Errand, what: string): ExitCode {
  world.terminal.complaint(`There is no ${what} in namespace ${cluster.namespace}; see kubectl perennial status -A.`)
  return exitCodes.usage
}

function wrong({ world }: Errand, sentence: string): ExitCode {
  world.terminal.complaint(sentence)
  return exitCodes.usage
}
