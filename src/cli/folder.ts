/**
 * The output directory: what the Secret would hold, one file for each entry, and `perennial.json`, which says what of it this
 * tool wrote. A key or certificate that it does not speak of is somebody else's.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { CertificateFacts } from '../domain/facts.ts'
import type { Identity } from '../enroll/enroller.ts'
import { certificateFacts } from '../pki/certificate.ts'
import { readPrivateKey } from '../pki/key.ts'
import type { PrivateKey } from '../pki/key.ts'
import { readCertificates } from '../pki/pem.ts'
import { readIfThere, removeFile, replaceFile } from './files.ts'
import type { Binding } from './resume.ts'

const noted = z.object({
  version: z.literal(1),
  request: z.string(),
  issuer: z.string(),
  /** Of the key, and of the one before: after a crash in between either may lie there. */
  publicKeyHashes: z.array(z.string()),
  files: z.array(z.string().regex(/^[\w.-]+$/)),
})

type Noted = z.output<typeof noted>

/** What lies in the directory. */
export interface Stock {
  /** The key in `tls.key`, where it can be read. */
  readonly key: PrivateKey | undefined
  /** The certificate in `tls.crt`, where it can be read and fits the key. */
  readonly current: { readonly identity: Identity; readonly facts: CertificateFacts } | undefined
  /** Files that would be replaced and that this tool did not write. */
  readonly foreign: readonly string[]
  /** What the certificate in the directory answers to, where this tool wrote it. */
  readonly answers: Binding | undefined
  readonly files: readonly string[]
}

const noteFile = (directory: string): string => join(directory, 'perennial.json')

/** What lies in a directory that is there. */
export async function lookInto(directory: string): Promise<Stock> {
  const [keyText, chainText, rootsText, noteText] = await Promise.all(
    [...['tls.key', 'tls.crt', 'ca.crt'].map((name) => join(directory, name)), noteFile(directory)].map(readText),
  )
  const parsed = noted.safeParse(noteText === undefined ? undefined : parseJson(noteText))
  const note = parsed.success ? parsed.data : undefined
  const read = keyText === undefined ? undefined : readPrivateKey(keyText)
  const key = read?.ok === true ? read.value : undefined
  const isOurs =
    keyText === undefined || (key !== undefined && note?.publicKeyHashes.includes(key.publicKeyHash) === true)
  const current = key === undefined || chainText === undefined ? undefined : identityIn(key, chainText, rootsText ?? '')
  const foreignChain = chainText !== undefined && note?.files.includes('tls.crt') !== true
  return {
    key,
    current,
    foreign: [...(isOurs ? [] : ['tls.key']), ...(foreignChain ? ['tls.crt'] : [])],
    answers: note,
    files: note?.files ?? [],
  }
}

async function readText(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function identityIn(key: PrivateKey, chainText: string, rootsText: string): Stock['current'] {
  const chain = readCertificates(chainText)
  const roots = readCertificates(rootsText)
  const [leaf] = chain.ok ? chain.value : []
  const facts = leaf === undefined ? undefined : certificateFacts(leaf)
  if (!chain.ok || facts?.ok !== true || facts.value.publicKeyHash !== key.publicKeyHash) return undefined
  return { identity: { chain: chain.value, key, roots: roots.ok ? roots.value : [] }, facts: facts.value }
}

export interface Delivery {
  readonly directory: string
  /** As the Secret would hold it: base64 by entry. */
  readonly entries: Readonly<Record<string, string>>
  readonly binding: Binding
  readonly publicKeyHash: string
  /** What lay there. */
  readonly before: Stock
}

/** Entries that hold a private key or a keystore with one; the others may be read by everybody. */
const isPublic = (entry: string): boolean => entry.endsWith('.crt') || entry.startsWith('truststore.')

/**
 * Writes every entry, then removes what an earlier certificate left behind.
 *
 * @returns the paths, in the order of the entries
 */
export async function deliver(delivery: Delivery): Promise<readonly string[]> {
  const { directory, entries, binding, publicKeyHash, before } = delivery
  const files = Object.keys(entries)
  const publicKeyHashes = [publicKeyHash, ...(before.key === undefined ? [] : [before.key.publicKeyHash])]
  const note: Noted = { version: 1, request: binding.request, issuer: binding.issuer, publicKeyHashes, files }
  await replaceFile(noteFile(directory), `${JSON.stringify(note, undefined, 2)}\n`, 0o600)
  for (const [entry, base64] of Object.entries(entries))
    await replaceFile(join(directory, entry), Buffer.from(base64, 'base64'), isPublic(entry) ? 0o644 : 0o600)
  for (const file of before.files) if (!files.includes(file)) await removeFile(join(directory, file))
  return files.map((file) => join(directory, file))
}
