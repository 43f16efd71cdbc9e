/** What an enrollment is about, read from the manifests. */
import type { Certificate } from '../api/certificate.ts'
import type { Issuer } from '../api/issuer.ts'
import { readPasswords } from '../controllers/certificate/passwords.ts'
import type { KeystorePasswords } from '../controllers/certificate/passwords.ts'
import { readWish } from '../domain/wish.ts'
import type { Wish } from '../domain/wish.ts'
import { sha256Hex } from '../pki/hash.ts'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { EnrollOptions } from './arguments.ts'
import { readDocuments } from './documents.ts'
import { pickCertificate, pickIssuerOf, readManifests } from './manifests.ts'
import type { Binding } from './resume.ts'
import { findSecret } from './secrets.ts'
import { FolderVault } from './vault.ts'
import type { World } from './world.ts'

export interface Task {
  readonly options: EnrollOptions
  readonly certificate: Certificate
  readonly issuer: Issuer
  readonly wish: Wish
  readonly binding: Binding
  readonly passwords: KeystorePasswords
  readonly vault: FolderVault
}

/** @returns the task, or a sentence about the file that is wrong */
export async function readTask(options: EnrollOptions, world: World): Promise<Result<Task, string>> {
  const { terminal } = world
  const documents = await readDocuments(options.files, world.readStdin)
  if (!documents.ok) return documents
  const manifests = readManifests(documents.value)
  if (!manifests.ok) return manifests
  const certificate = pickCertificate(manifests.value, options.certificate)
  if (!certificate.ok) return certificate
  const issuer = pickIssuerOf(certificate.value, manifests.value)
  if (!issuer.ok) return issuer
  const wish = readWish(certificate.value.spec)
  if (!wish.ok) return wish
  const { secrets } = manifests.value
  const passwords = await readPasswords(certificate.value.spec, {
    read: (name) => Promise.resolve(base64(findSecret(secrets, name, certificate.value.metadata.namespace)?.bytes)),
    cure: 'add it to the manifests given with -f',
  })
  if (!passwords.ok) return passwords
  const { jks, pkcs12 } = passwords.value
  for (const password of [jks, pkcs12])
    if (password !== undefined) terminal.hide({ password: Buffer.from(password.reveal()) })
  return ok({
    options,
    certificate: certificate.value,
    issuer: issuer.value,
    wish: wish.value,
    binding: bindingOf(wish.value, issuer.value),
    passwords: passwords.value,
    vault: new FolderVault({
      secrets,
      namespace: issuer.value.metadata.namespace,
      directory: options.directory,
      made: (name, data, path) => {
        terminal.hide(data)
        terminal.note(`the issuer made Secret ${name}; it is kept in ${path}`)
      },
    }),
  })
}

const base64 = (data: Readonly<Record<string, Uint8Array>> | undefined): Record<string, string> | undefined =>
  data && Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]))

const hash = (text: string): string => sha256Hex(Buffer.from(text)).slice(0, 32)

const bindingOf = ({ requestText }: Wish, { kind, metadata, spec }: Issuer): Binding => ({
  request: hash(requestText),
  issuer: hash(JSON.stringify([kind, metadata.name, spec])),
})
