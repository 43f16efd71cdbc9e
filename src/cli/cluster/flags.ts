/** The flags of the commands that speak with a cluster. */
import type { Flag } from '../flags.ts'

const help = { short: 'h', help: 'Print this text.' } as const

const where = {
  namespace: { short: 'n', shape: 'name', help: 'The namespace. That of the context when not given.' },
  kubeconfig: { shape: 'file', help: 'The kubeconfig. $KUBECONFIG or ~/.kube/config when not given.' },
  context: { shape: 'name', help: 'The context of the kubeconfig. The current one when not given.' },
  output: { short: 'o', shape: 'text|wide|json|yaml', help: 'How the result is printed. Default: text.' },
  help,
} as const satisfies Readonly<Record<string, Flag>>

const everywhere = {
  'all-namespaces': { short: 'A', help: 'Certificates of every namespace.' },
} as const satisfies Readonly<Record<string, Flag>>

export const clusterCommands = {
  status: {
    summary: 'Show how Certificates stand: all in a table, or one as a tree down to the last exchange with its CA.',
    usage: 'kubectl perennial status [certificate | issuer/name | clusterissuer/name] ...',
    words: { most: 100 },
    flags: { ...where, ...everywhere },
  },
  why: {
    summary: 'Say why a Certificate is not ready, what happens next, and what to do.',
    usage: 'kubectl perennial why certificate',
    words: { least: 1, most: 1 },
    flags: where,
  },
  renew: {
    summary: 'Have Certificates renewed now.',
    usage: 'kubectl perennial renew (certificate ... | --all | -l key=value)',
    words: { most: 1000 },
    flags: {
      ...where,
      ...everywhere,
      all: { help: 'Every Certificate of the namespace.' },
      selector: { short: 'l', shape: 'labels', help: 'Certificates with these labels, as kubectl -l takes them.' },
      wait: { help: 'Wait until each has its new certificate.' },
      timeout: { shape: 'seconds', help: 'How long to wait altogether: seconds, or as in 10m. Default: 300.' },
    },
  },
  revoke: {
    summary: 'Order the revocation of what a Certificate holds.',
    usage: 'kubectl perennial revoke certificate [--reason keyCompromise] [--reissue]',
    words: { least: 1, most: 1 },
    flags: {
      ...where,
      issuer: {
        shape: 'issuer',
        help: 'Who is asked, as issuer/name or clusterissuer/name: another issuer of the same CA, where the one that issued cannot revoke.',
      },
      reason: { shape: 'reason', help: 'Why, in the words of RFC 5280. unspecified when not given.' },
      reissue: { help: 'Have it renewed with a new key first.' },
      wait: { help: 'Wait until the CA has revoked it.' },
      timeout: { shape: 'seconds', help: 'How long to wait: seconds, or as in 10m. Default: 300.' },
    },
  },
  inventory: {
    summary: 'List certificates with what is wrong with them: Certificates, and what lies in other TLS Secrets.',
    usage: 'kubectl perennial inventory [-A] [--secrets] [--query finding=expiring]',
    words: { most: 0 },
    flags: {
      ...where,
      ...everywhere,
      output: { short: 'o', shape: 'text|wide|json|yaml|csv', help: 'How the result is printed. Default: text.' },
      secrets: {
        help: 'Read Secrets of the type kubernetes.io/tls too, for what the status does not tell. Their keys are sent to this machine, and dropped.',
      },
      query: {
        short: 'q',
        shape: 'query',
        help: 'A question as the address of the page has it, for example "finding=expiring&sort=name" or "q=shop".',
      },
    },
  },
  report: {
    summary: 'Count certificates by state, end, finding and issuer, and say which rules of policies are broken.',
    usage: 'kubectl perennial report [-A] [--secrets]',
    words: { most: 0 },
    flags: {
      ...where,
      ...everywhere,
      secrets: {
        help: 'Read Secrets of the type kubernetes.io/tls too, as inventory does.',
      },
    },
  },
  inspect: {
    summary: 'Show what the certificates in a Secret, or in a file, say.',
    usage: 'kubectl perennial inspect (secret | -f file)',
    words: { most: 1 },
    flags: {
      ...where,
      file: { short: 'f', shape: 'file', help: 'A file of PEM instead of a Secret; - for standard input.' },
    },
  },
  import: {
    summary: 'Take over from cert-manager: its issuers, Certificates and annotations, and its Secrets as they are.',
    usage: 'kubectl perennial import [-A] [--apply] [--undo]',
    words: { most: 0 },
    flags: {
      ...where,
      ...everywhere,
      apply: { help: 'Do it. Without it, what would be done is only shown.' },
      undo: { help: 'Take back what an import did; keys and certificates stay.' },
      'from-namespace': { shape: 'name', help: 'Where Secrets of ClusterIssuers lie now. Default: cert-manager.' },
      'to-namespace': {
        shape: 'name',
        help: 'Where they are to lie: the namespace of the operator. Default: perennial.',
      },
    },
  },
} as const satisfies Readonly<Record<string, ClusterCommand>>

interface ClusterCommand {
  readonly summary: string
  readonly usage: string
  readonly words: { readonly least?: number; readonly most: number }
  readonly flags: Readonly<Record<string, Flag>>
}

export type ClusterCommandName = keyof typeof clusterCommands

export const isClusterCommand = (name: string): name is ClusterCommandName => Object.hasOwn(clusterCommands, name)
