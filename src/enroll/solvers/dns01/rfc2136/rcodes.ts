/** What a server's refusal of an update means, and who can mend it (RFC 2136 section 2.2, RFC 8945 section 3). */
import { fault } from '../../../../domain/fault.ts'
import type { Fault, FaultCode } from '../../../../domain/fault.ts'

interface Meaning {
  readonly name: string
  readonly code: FaultCode
  /** What to do, as the end of a sentence. */
  readonly cure: string
}

const grant = 'let the key change TXT records of this name (BIND: update-policy or allow-update; Knot: acl)'

/** Response codes and TSIG errors, which share one space of numbers. */
export const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1, { name: 'FORMERR', code: 'ReplyMalformed', cure: 'the server does not understand dynamic updates' }],
  [2, { name: 'SERVFAIL', code: 'ServerFailed', cure: "the server's own log says why; it is tried again" }],
  [3, { name: 'NXDOMAIN', code: 'Misconfigured', cure: 'the server does not know the zone' }],
  [4, { name: 'NOTIMP', code: 'Misconfigured', cure: 'the server does not do dynamic updates' }],
  [5, { name: 'REFUSED', code: 'CredentialsRejected', cure: grant }],
  [6, { name: 'YXDOMAIN', code: 'ServerFailed', cure: 'a name exists that should not; it is tried again' }],
  [7, { name: 'YXRRSET', code: 'ServerFailed', cure: 'a record exists that should not; it is tried again' }],
  [8, { name: 'NXRRSET', code: 'ServerFailed', cure: 'a record is missing that should be there; it is tried again' }],
  [
    9,
    {
      name: 'NOTAUTH',
      code: 'Misconfigured',
      cure: 'the server is not primary for the zone, or does not know the key',
    },
  ],
  [
    10,
    { name: 'NOTZONE', code: 'Misconfigured', cure: 'the name does not lie in the zone; look for a zone cut below it' },
  ],
  [16, { name: 'BADSIG', code: 'CredentialsRejected', cure: 'the secret is not the one the server has for this key' }],
  [
    17,
    {
      name: 'BADKEY',
      code: 'CredentialsRejected',
      cure: 'the server does not know the key tsigKeyName with tsigAlgorithm',
    },
  ],
  [
    18,
    {
      name: 'BADTIME',
      code: 'ClockSkewed',
      cure: 'the clocks of this cluster and of the server differ by more than 5 minutes',
    },
  ],
  [
    22,
    {
      name: 'BADTRUNC',
      code: 'CredentialsRejected',
      cure: 'the server wants a longer signature: choose another tsigAlgorithm',
    },
  ],
])

export interface Refusal {
  readonly rcode: number
  readonly server: string
  readonly zone: string
}

export function refusalFault({ rcode, server, zone }: Refusal): Fault {
  const meaning = meanings.get(rcode)
  if (meaning === undefined)
    return fault('ServerFailed', `${server} refuses the update of zone ${zone} with response code ${rcode}`)
  return fault(meaning.code, `${server} refuses the update of zone ${zone} (${meaning.name}): ${meaning.cure}`)
}
