/**
 * Finds the certificate that an order to revoke speaks of, and what may speak for it: bytes are read from the API server when
 * they are needed and kept nowhere.
 */
import type { IssuerRef, Secret } from '../../api/meta.ts'
import type { CertificateRevocation, RevocationTarget } from '../../api/revocation.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import type { Holder } from '../../domain/revocation/snapshot.ts'
import type { Identity, Revocable } from '../../enroll/enroller.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { readPrivateKey } from '../../pki/key.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { certificatesPem, pemLimits, readCertificates } from '../../pki/pem.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import type { CertificateSecret, SecretProjection } from '../certificate/projection.ts'
import { annotations } from '../names.ts'

export interface TargetParts {
  readonly certificates: Store<CertificateProjection>
  readonly secretCache: Store<SecretProjection>
  readonly secrets: Resource<Secret>
}

/** A certificate as it lies in a Secret. */
interface Held {
  readonly chain: readonly Der[]
  readonly facts: CertificateFacts
  readonly roots: readonly Der[]
  /** Only where it fits the certificate. */
  readonly key: PrivateKey | undefined
  readonly issuerRef: IssuerRef | undefined
  readonly certificateName: string | undefined
}

export class Targets {
  readonly #parts: TargetParts

  constructor(parts: TargetParts) {
    this.#parts = parts
  }

  /** @returns the certificate that the order names, or a sentence that says why there is none */
  async find(
    { metadata, spec }: CertificateRevocation,
    signal: AbortSignal,
  ): Promise<Result<RevocationTarget, string>> {
    const { namespace = '' } = metadata
    if (spec.certificate !== undefined) {
      const held = readHeld({ 'tls.crt': spec.certificate })
      return held.ok ? ok(targetOf(held.value)) : err(`spec.certificate ${held.error}`)
    }
    const where = this.#secretNamed(namespace, spec)
    if (!where.ok) return where
    const held = await this.#read(namespace, where.value, signal)
    return held.ok ? ok(targetOf(held.value)) : held
  }

  /** The Certificate whose Secret holds the target now, by its fingerprint. */
  holderOf(namespace: string, { sha256Fingerprint }: RevocationTarget): Holder | undefined {
    const held = this.#having(namespace, ({ fingerprint }) => fingerprint === sha256Fingerprint)
    const owner = held?.view.owner
    const certificate = owner === undefined ? undefined : this.#parts.certificates.get(`${namespace}/${owner}`)?.object
    // A Secret whose Certificate is gone holds nothing that anybody keeps alive.
    if (certificate === undefined || certificate.metadata.deletionTimestamp !== undefined) return undefined
    return {
      name: certificate.metadata.name,
      keepsKey: certificate.spec.privateKey?.rotationPolicy === 'Never',
      renewRequest: certificate.metadata.annotations?.[annotations.renew],
    }
  }

  /** The target with what may speak for it: its own key where that is still there, or what has taken its place. */
  async revocable(
    { metadata, spec }: CertificateRevocation,
    target: RevocationTarget,
    signal: AbortSignal,
  ): Promise<Result<Revocable, string>> {
    const chain = readCertificates(target.certificate, pemLimits.chain)
    if (!chain.ok) return err(`status.target.certificate ${chain.error}`)
    const { namespace = '' } = metadata
    const secretName = spec.secretRef?.name ?? this.#secretOf(namespace, target)
    const held = secretName === undefined ? err('') : await this.#read(namespace, secretName, signal)
    if (!held.ok) return ok({ chain: chain.value })
    const { facts, key, roots } = held.value
    if (facts.fingerprint === target.sha256Fingerprint)
      return ok({ chain: chain.value, roots, ...(key === undefined ? {} : { key }) })
    const successor = key && ({ chain: held.value.chain, roots, key } satisfies Identity)
    return ok({ chain: chain.value, roots, ...(successor === undefined ? {} : { successor }) })
  }

  /** Where the target lies, or else what has taken its place. */
  #secretOf(namespace: string, { sha256Fingerprint, certificateName }: RevocationTarget): string | undefined {
    const key = this.#keyHaving(namespace, ({ fingerprint }) => fingerprint === sha256Fingerprint)
    if (key !== undefined) return key.slice(namespace.length + 1)
    if (certificateName === undefined) return undefined
    return this.#parts.certificates.get(`${namespace}/${certificateName}`)?.object.spec.secretName
  }

  #secretNamed(namespace: string, spec: CertificateRevocation['spec']): Result<string, string> {
    const { certificateRef, secretRef, serialNumber = '' } = spec
    if (secretRef !== undefined) return ok(secretRef.name)
    if (certificateRef !== undefined) {
      const found = this.#parts.certificates.get(`${namespace}/${certificateRef.name}`)
      return found === undefined
        ? err(
            `there is no Certificate ${certificateRef.name} in namespace ${namespace}; check spec.certificateRef.name`,
          )
        : ok(found.object.spec.secretName)
    }
    const wanted = plainSerial(serialNumber)
    const key = this.#keyHaving(namespace, (facts) => plainSerial(facts.serialNumber) === wanted)
    return key === undefined
      ? err(
          `no Secret that Perennial writes in namespace ${namespace} holds a certificate with the serial number ${serialNumber}; give the certificate itself in spec.certificate`,
        )
      : ok(key.slice(namespace.length + 1))
  }

  #having(namespace: string, is: (facts: CertificateFacts) => boolean): CertificateSecret | undefined {
    const key = this.#keyHaving(namespace, is)
    const secret = key === undefined ? undefined : this.#parts.secretCache.get(key)
    return secret?.role === 'certificate' ? secret : undefined
  }

  #keyHaving(namespace: string, is: (facts: CertificateFacts) => boolean): string | undefined {
    const { secretCache } = this.#parts
    for (const key of secretCache.keys()) {
      if (!key.startsWith(`${namespace}/`)) continue
      const secret = secretCache.get(key)
      if (secret?.role !== 'certificate' || secret.view.certificate.kind !== 'ok') continue
      if (is(secret.view.certificate.facts)) return key
    }
    return undefined
  }

  async #read(namespace: string, name: string, signal: AbortSignal): Promise<Result<Held, string>> {
    const secret = await this.#parts.secrets.get({ namespace, name }, signal)
    if (secret === undefined) return err(`there is no Secret ${name} in namespace ${namespace}`)
    const text = (entry: string): string => Buffer.from(secret.data?.[entry] ?? '', 'base64').toString('utf8')
    const held = readHeld({ 'tls.crt': text('tls.crt'), 'tls.key': text('tls.key'), 'ca.crt': text('ca.crt') })
    if (!held.ok) return err(`Secret ${name}: tls.crt ${held.error}`)
    return ok({ ...held.value, ...originOf(secret) })
  }
}

/** As our own Secrets say it; nobody else's word for who issued it is taken. */
function originOf({ metadata }: Secret): Pick<Held, 'issuerRef' | 'certificateName'> {
  const notes = metadata.annotations ?? {}
  const name = notes[annotations.issuerName]
  const kind = notes[annotations.issuerKind]
  const isKnown = name !== undefined && (kind === 'Issuer' || kind === 'ClusterIssuer')
  return {
    issuerRef: isKnown ? { name, kind, group: notes[annotations.issuerGroup] ?? 'perennial.dev' } : undefined,
    certificateName: notes[annotations.certificateName],
  }
}

type Entries = Partial<Record<'tls.crt' | 'tls.key' | 'ca.crt', string>>

function readHeld(entries: Entries): Result<Held, string> {
  const chain = readCertificates(entries['tls.crt'] ?? '')
  if (!chain.ok) return err(`holds no readable certificate: ${chain.error}`)
  const [leaf] = chain.value
  const facts = leaf === undefined ? err('it is empty') : certificateFacts(leaf)
  if (!facts.ok) return err(`holds no readable certificate: ${facts.error}`)
  const key = readPrivateKey(entries['tls.key'] ?? '')
  const roots = readCertificates(entries['ca.crt'] ?? '', pemLimits.bundle)
  return ok({
    chain: chain.value,
    facts: facts.value,
    roots: roots.ok ? roots.value : [],
    key: key.ok && key.value.publicKeyHash === facts.value.publicKeyHash ? key.value : undefined,
    issuerRef: undefined,
    certificateName: undefined,
  })
}

/** What a {@link RevocationTarget} says of a certificate. */
function targetOf({ chain, facts, key, issuerRef, certificateName }: Held): RevocationTarget {
  return {
    serialNumber: facts.serialNumber,
    sha256Fingerprint: facts.fingerprint,
    notAfter: toRfc3339(facts.notAfter),
    certificate: certificatesPem(chain),
    proven: key !== undefined,
    ...(certificateName === undefined ? {} : { certificateName }),
    ...(issuerRef === undefined ? {} : { issuerRef }),
  }
}

const plainSerial = (text: string): string => text.toUpperCase().replace(/^0+(?=.)/, '')
