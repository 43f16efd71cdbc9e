/**
 * Puts the certificates of a reply in order (RFC 5280 section 6.1 calls the result a certification path). Links are proved by
 * signatures, names only suggest them. The reply may be hostile: certificates and signature checks are counted.
 *
 * Breadth first from the leaf, so that among cross-signed certificates the shortest path wins, and of two equally short the one
 * that the CA sent first:
 *
 *   leaf ◄── intermediate ◄── cross-signed by an old root      [reached, not needed]
 *                    ▲─────── root                             [a trust anchor ends the search]
 */
import { formatDistinguishedName } from '../domain/name.ts'
import type { CertificateFacts } from '../domain/facts.ts'
import type { DistinguishedName } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { certificateFacts } from './certificate.ts'
import { isCheckable } from './checkable.ts'
import { openCertificate } from './opened.ts'
import { isKeyUsage } from './usages.ts'
import { pemLength, pemLimits } from './pem.ts'

export interface ChainRequest {
  /** What the CA sent: any order, duplicates and strangers allowed. */
  readonly certificates: readonly Der[]
  /** Lower-case hex SHA-256 of the leaf's SubjectPublicKeyInfo. */
  readonly publicKeyHash: string
  /** Trust anchors, where they are known; possibly with intermediates among them. A path to one of them is preferred. */
  readonly roots?: readonly Der[]
}

export interface Chain {
  readonly leaf: Der
  /** From the leaf's issuer upwards, without self-signed certificates. What leads nowhere from the leaf is left out. */
  readonly intermediates: readonly Der[]
  /**
   * The trust anchor that the path ends at; where no anchors are known, the self-signed certificate. Absent when the path ends
   * before it. A self-signed leaf is its own root.
   */
  readonly root?: Der
}

const mostCertificates = 50
const mostAnchors = 300
const mostChecks = 100

/**
 * @param request - what was sent, and whose certificate is looked for
 * @returns the chain, with every signature in it verified; or a clause that says what is wrong. Validity, policies and name
 *   constraints are not looked at
 */
export function assembleChain(request: ChainRequest): Result<Chain, string> {
  const sent = readAll(request.certificates, { most: mostCertificates, what: 'certificates' })
  if (!sent.ok) return sent
  const anchors = readAll(request.roots ?? [], { most: mostAnchors, what: 'roots' })
  if (!anchors.ok) return anchors
  const leaf = findLeaf(sent.value, request.publicKeyHash)
  if (leaf === undefined) return err('none of the certificates is for our key')
  const search = new Search(anchors.value, sent.value)
  const end = search.from(leaf)
  return end.ok ? chainTo(end.value, search) : end
}

interface Member {
  readonly der: Der
  readonly facts: CertificateFacts
}

/** A certificate on the way up, and the one it vouches for. */
interface Step {
  readonly member: Member
  readonly below: Step | undefined
}

function readAll(
  ders: readonly Der[],
  { most, what }: { readonly most: number; readonly what: string },
): Result<readonly Member[], string> {
  if (ders.length > most) return err(`there are ${ders.length} ${what}, and at most ${most} are read`)
  const members = new Map<string, Member>()
  for (const [index, der] of ders.entries()) {
    if (pemLength(der) > pemLimits.leaf) return err(`number ${index + 1} of the ${what} is larger than any certificate`)
    const facts = certificateFacts(der)
    if (!facts.ok) return err(`number ${index + 1} of the ${what} cannot be read: ${facts.error}`)
    if (!members.has(facts.value.fingerprint)) members.set(facts.value.fingerprint, { der, facts: facts.value })
  }
  return ok([...members.values()])
}

/** The newest certificate of the key: a CA may send the one that is being renewed along with it. */
function findLeaf(members: readonly Member[], publicKeyHash: string): Member | undefined {
  return members
    .filter(({ facts }) => facts.publicKeyHash === publicKeyHash)
    .reduce<Member | undefined>(
      (best, one) => (best && best.facts.notBefore >= one.facts.notBefore ? best : one),
      undefined,
    )
}

class Search {
  readonly #anchors: ReadonlySet<string>
  readonly #bySubject = new Map<string, Member[]>()
  readonly #refuted = new Set<Member>()
  #checks = 0

  constructor(anchors: readonly Member[], sent: readonly Member[]) {
    this.#anchors = new Set(anchors.map(({ facts }) => facts.fingerprint))
    for (const member of [...anchors, ...sent].filter(mayIssue)) {
      const subject = comparable(member.facts.subject)
      const namesakes = this.#bySubject.get(subject) ?? []
      namesakes.push(member)
      this.#bySubject.set(subject, namesakes)
    }
  }

  /** @returns the end of the best path: at a self-signed anchor, else at a self-signed certificate, else the farthest */
  from(leaf: Member): Result<Step, string> {
    const steps: Step[] = [{ member: leaf, below: undefined }]
    const seen = new Set([leaf.facts.fingerprint])
    for (const step of steps) {
      for (const member of this.#issuersOf(step.member)) {
        if (seen.has(member.facts.fingerprint)) continue
        seen.add(member.facts.fingerprint)
        steps.push({ member, below: step })
      }
    }
    if (this.#checks > mostChecks) return err('it takes too many signature checks to find the path in it')
    const tops = steps.filter(({ member }) => member.facts.selfSigned)
    const end = tops.find(({ member }) => this.isAnchor(member)) ?? tops[0] ?? steps.at(-1)
    if (end === undefined || this.#refuted.has(end.member)) return err(refutation(end?.member ?? leaf))
    return ok(end)
  }

  isAnchor({ facts }: Member): boolean {
    return this.#anchors.has(facts.fingerprint)
  }

  /** Where no anchors are known, every self-signed certificate may be one. */
  isRoot(member: Member): boolean {
    return this.#anchors.size === 0 ? member.facts.selfSigned : this.isAnchor(member)
  }

  #issuersOf(child: Member): readonly Member[] {
    if (child.facts.selfSigned) return []
    const namesakes = this.#bySubject.get(comparable(child.facts.issuer)) ?? []
    const candidates = namesakes.filter((one) => one !== child && keyIdsAgree(child.facts, one.facts))
    const issuers = candidates.filter((one) => this.#isSignedBy(child, one))
    if (candidates.length > 0 && issuers.length === 0) this.#refuted.add(child)
    return issuers
  }

  #isSignedBy(child: Member, issuer: Member): boolean {
    this.#checks += 1
    if (this.#checks > mostChecks) return false
    try {
      const { publicKey } = openCertificate(issuer.der)
      return isCheckable(publicKey) && openCertificate(child.der).verify(publicKey)
    } catch {
      // a key or an algorithm that OpenSSL does not know
      return false
    }
  }
}

/** Key usage bits, of which a CA certificate that has any must have this one (section 4.2.1.3). */
const mayIssue = ({ facts }: Member): boolean =>
  facts.selfSigned || (facts.isCA && (!facts.usages.some(isKeyUsage) || facts.usages.includes('cert sign')))

/** Section 4.2.1.1: what a certificate says of its issuer's key, where both say it. */
const keyIdsAgree = ({ authorityKeyId }: CertificateFacts, { subjectKeyId }: CertificateFacts): boolean =>
  authorityKeyId === undefined || subjectKeyId === undefined || authorityKeyId === subjectKeyId

/** Names compare without case and without regard to repeated spaces (section 7.1): CAs spell themselves in two ways. */
const comparable = (name: DistinguishedName): string => formatDistinguishedName(name).toLowerCase().replace(/ +/g, ' ')

const refutation = ({ facts }: Member): string => {
  const [subject, issuer] = [facts.subject, facts.issuer].map((name) => formatDistinguishedName(name).slice(0, 200))
  return `the signature of certificate "${subject}" is not that of its issuer "${issuer}"`
}

function chainTo(end: Step, search: Search): Result<Chain, string> {
  const path: Member[] = []
  for (let step: Step | undefined = end; step !== undefined; step = step.below) path.unshift(step.member)
  const [leaf, ...above] = path
  if (leaf === undefined) return err('it has no leaf')
  const intermediates = above.filter(({ facts }) => !facts.selfSigned).map(({ der }) => der)
  const size = [leaf.der, ...intermediates].reduce((sum, der) => sum + pemLength(der), 0)
  if (size > pemLimits.chain)
    return err(`the chain takes ${size} bytes of PEM, and at most ${pemLimits.chain} are stored`)
  return ok({ leaf: leaf.der, intermediates, ...(search.isRoot(end.member) ? { root: end.member.der } : {}) })
}
