/** CAA records (RFC 8659), and which of them keep a CA from issuing, account and methods included (RFC 8657). Pure. */

export interface CaaRecord {
  readonly isCritical: boolean
  /** Lower case. */
  readonly tag: string
  readonly value: string
}

/** Who asks for a certificate, and how control of the name is proven. */
export interface CaaApplicant {
  /** Domains of the CA, as its directory says them. */
  readonly identities: readonly string[]
  readonly accountUrl: string
  /** In the words of RFC 8657 section 4. Empty: not known. */
  readonly methods: readonly string[]
}

/** @param data - of one record (RFC 8659 section 4.1); undefined when it is none */
export function readCaa(data: Uint8Array): CaaRecord | undefined {
  const [flags = 0, length = 0] = data
  const tag = Buffer.from(data.subarray(2, 2 + length)).toString('latin1')
  if (tag.length !== length || !/^[a-z0-9]+$/i.test(tag)) return undefined
  const value = Buffer.from(data.subarray(2 + length)).toString('utf8')
  return { isCritical: (flags & 0x80) !== 0, tag: tag.toLowerCase(), value }
}

export const caaText = ({ isCritical, tag, value }: CaaRecord): string => `${isCritical ? 128 : 0} ${tag} "${value}"`

/** Those of RFC 8659 and of the registry beside it that say nothing of names for servers. */
const known = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']

/**
 * @param records - the relevant set of a name: all that stand at the nearest name at or above it that has any
 * @returns a clause that says what is in the way; undefined when nothing is
 */
export function caaObstacle(
  records: readonly CaaRecord[],
  applicant: CaaApplicant,
  name: { readonly isWildcard: boolean },
): string | undefined {
  const stranger = records.find(({ isCritical, tag }) => isCritical && !known.includes(tag))
  if (stranger !== undefined) return `has the critical tag ${stranger.tag}, which no CA may pass over`
  const wild = records.filter(({ tag }) => tag === 'issuewild')
  // RFC 8659 section 4.3: issuewild has the word for wildcards, where there is one.
  const relevant = name.isWildcard && wild.length > 0 ? wild : records.filter(({ tag }) => tag === 'issue')
  if (relevant.length === 0) return undefined
  const asked = relevant.map(({ value }) => readIssue(value))
  const mine = asked.filter(({ domain }) => applicant.identities.includes(domain))
  if (mine.length === 0) return `names other CAs than ${applicant.identities.join(', ')}`
  const ofAccount = mine.filter(({ accounts }) => accounts.every((url) => url === applicant.accountUrl))
  if (ofAccount.length === 0) return `names another account (accounturi) than ${applicant.accountUrl}`
  const fits = ofAccount.some(({ methods }) => methods === undefined || allows(methods, applicant.methods))
  return fits ? undefined : `allows other methods (validationmethods) than ${applicant.methods.join(', ')}`
}

const allows = (allowed: readonly string[], used: readonly string[]): boolean =>
  used.length === 0 || used.some((method) => allowed.includes(method))

interface Issue {
  readonly domain: string
  readonly accounts: readonly string[]
  readonly methods: readonly string[] | undefined
}

/** RFC 8659 section 4.2: a domain, or nothing for nobody, and parameters behind semicolons. */
function readIssue(value: string): Issue {
  const [domain = '', ...rest] = value.split(';').map((part) => part.trim())
  const parameters = rest.map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, Math.max(at, 0)).trim().toLowerCase(), part.slice(at + 1).trim()] as const
  })
  const of = (name: string): readonly string[] => parameters.flatMap(([key, text]) => (key === name ? [text] : []))
  const [methods] = of('validationmethods')
  return {
    domain: domain.toLowerCase(),
    accounts: of('accounturi'),
    methods: methods?.split(',').map((one) => one.trim()),
  }
}
