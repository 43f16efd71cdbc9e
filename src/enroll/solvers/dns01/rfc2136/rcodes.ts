/** What a server's refusal of an update means, and who can mend it (RFC 2136 section 2.2, RFC 8945 section 3). */
import { fault } from '../../../../domain/fault.ts'
import type { Fault, FaultCode } from '../../../../domain/fault.ts'

interface Meaning {
  readonly name: string
  readonly code: FaultCode
  /** What to do, as the end of a sentence. */
  readonly cure: string
}

const elsewhere = "the server's own log says why; it is tried again"

/** Response codes and TSIG errors, which share one space of numbers. `{field}` stands for the provider's member of the spec. */
const meanings: Readonly<Record<number, Meaning>> = {
  1: {
    name: 'FORMERR',
    code: 'ReplyMalformed',
    cure: 'the server does not understand dynamic updates, or not this one',
  },
  2: { name: 'SERVFAIL', code: 'ServerFailed', cure: elsewhere },
  3: { name: 'NXDOMAIN', code: 'Misconfigured', cure: 'let {field}.nameserver name the server that has the zone' },
  4: { name: 'NOTIMP', code: 'Misconfigured', cure: 'let {field}.nameserver name a server that does dynamic updates' },
  5: {
    name: 'REFUSED',
    code: 'CredentialsRejected',
    cure: 'let the key that {field}.tsigKeyName names change TXT records of this name (BIND: update-policy; Knot: acl)',
  },
  6: { name: 'YXDOMAIN', code: 'ServerFailed', cure: 'a name exists that should not; it is tried again' },
  7: { name: 'YXRRSET', code: 'ServerFailed', cure: 'a record exists that should not; it is tried again' },
  8: { name: 'NXRRSET', code: 'ServerFailed', cure: 'a record is missing that should be there; it is tried again' },
  9: {
    name: 'NOTAUTH',
    code: 'Misconfigured',
    cure: 'let {field}.nameserver name the primary of the zone, and look whether it knows the key of {field}.tsigKeyName',
  },
  10: {
    name: 'NOTZONE',
    code: 'Misconfigured',
    cure: 'the name does not lie in the zone: look for a zone cut below it',
  },
  16: {
    name: 'BADSIG',
    code: 'CredentialsRejected',
    cure: "store the server's secret of this key in the Secret that {field}.tsigSecretSecretRef names",
  },
  17: {
    name: 'BADKEY',
    code: 'CredentialsRejected',
    cure: 'the server does not know the key with the name {field}.tsigKeyName and the algorithm {field}.tsigAlgorithm',
  },
  18: {
    name: 'BADTIME',
    code: 'ClockSkewed',
    cure: 'set the clocks: that of this cluster and that of the server differ by more than 5 minutes',
  },
  22: {
    name: 'BADTRUNC',
    code: 'CredentialsRejected',
    cure: 'the server wants a longer signature: choose another {field}.tsigAlgorithm',
  },
}

export interface Refusal {
  readonly rcode: number
  readonly server: string
  readonly zone: string
  /** Path of the provider's member in the spec. */
  readonly field: string
}

export function refusalFault({ rcode, server, zone, field }: Refusal): Fault {
  const meaning = Object.hasOwn(meanings, rcode) ? meanings[rcode] : undefined
  const { name, code, cure } = meaning ?? { name: `response code ${rcode}`, code: 'ServerFailed', cure: elsewhere }
  return fault(code, `${server} refuses the update of zone ${zone} (${name}): ${cure.replaceAll('{field}', field)}`)
}
