/** From a wish to what an order names (RFC 8555 section 7.1.3, RFC 8738), and back to the names of the request. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { SubjectName, Wanted } from '../../domain/wanted.ts'
import { canonicalIp } from '../../std/ip.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Identifier } from './wire.ts'

const commonNameOid = '2.5.4.3'

/**
 * @returns the identifiers to prove, each once; or a fault when the wish holds what ACME cannot prove
 */
export function identifiersOf(wanted: Wanted): Result<readonly Identifier[], Fault> {
  const strange = wanted.names.find((name) => name.type !== 'dns' && name.type !== 'ip')
  if (strange !== undefined)
    return err(
      fault(
        'RequestUnsupported',
        `ACME proves DNS names and IP addresses only; take "${strange.value}" out of the spec`,
      ),
    )
  const identifiers = namesWithCommonName(wanted).map(({ type, value }): Identifier => {
    return { type: type === 'ip' ? 'ip' : 'dns', value }
  })
  if (identifiers.length > 0) return ok(identifiers)
  return err(fault('RequestUnsupported', 'ACME needs a DNS name or an IP address; add one to spec.dnsNames'))
}

/**
 * The wish as the certification request says it: a common name that is a host name is a subject alternative name as well, and
 * one that is an address is left out (RFC 8738 section 3).
 */
export function requestWish(wanted: Wanted): Wanted {
  const subject = wanted.subject.filter(
    (rdn) => !rdn.some(({ oid, value }) => oid === commonNameOid && canonicalIp(value) !== undefined),
  )
  return { ...wanted, subject, names: namesWithCommonName(wanted) }
}

function namesWithCommonName({ names, subject }: Wanted): readonly SubjectName[] {
  const known = new Set(names.map((name) => name.value.toLowerCase()))
  const hosts = subject
    .flat()
    .filter(({ oid, value }) => oid === commonNameOid && looksLikeHost(value))
    .map(({ value }) => value.toLowerCase())
    .filter((value) => !known.has(value))
  return [...names, ...hosts.map((value): SubjectName => ({ type: 'dns', value }))]
}

const looksLikeHost = (text: string): boolean =>
  /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i.test(text) && canonicalIp(text) === undefined
