/**
 * Why the two readers may differ. A difference that none of these explains is a bug of ours, or one of OpenSSL's; a class that
 * explains nothing any more should go.
 */
import { readTree, writeTree } from '../tlv.ts'
import type { Disagreement } from './compare.ts'

export interface Class {
  readonly name: string
  /** Why both are right, or why ours is. */
  readonly reason: string
  readonly explains: (one: Disagreement) => boolean
}

const refusal = (name: string, sentence: RegExp, reason: string): Class => ({
  name,
  reason,
  explains: ({ about, ours }) => about === 'refusal' && sentence.test(ours),
})

/** Whether OpenSSL shows a name as text that it could not make of a value. */
const isUntold = (value: string): boolean => value.includes('#') || value.includes('\ufffd') || value.includes('\0')

/** Whether the outermost length is written as DER writes it. */
function isShortest(der: Uint8Array): boolean {
  const [element] = readTree(der) ?? []
  return element !== undefined && Buffer.compare(writeTree([element]), der) === 0
}

const oids = (list: string): readonly string[] => list.split(',').filter(Boolean)

export const classes: readonly Class[] = [
  refusal(
    'a time that is none',
    /is not a time of RFC 5280/,
    'OpenSSL looks at times when somebody asks for them, and takes forms that RFC 5280 section 4.1.2.5 forbids',
  ),
  refusal(
    'an extension twice',
    /twice/,
    'RFC 5280 section 4.2 forbids it; OpenSSL takes the certificate and shows none of the two',
  ),
  refusal(
    'an extension that cannot be read',
    /its (extension|subject alternative name|key usage|extended key usage|basic constraints|authority key identifier)/,
    'OpenSSL keeps extensions unread until somebody asks, and then has nothing to show',
  ),
  refusal(
    'an unreadable part',
    /its .* (cannot be read|holds no elements|has no readable object identifier)|it has no/,
    'lengths that go on over what holds them, tag numbers beyond 30, object identifiers of hundreds of octets',
  ),
  refusal(
    'a serial number beyond all bounds',
    /its serial number has/,
    'RFC 5280 allows 20 octets, and a status holds 60',
  ),
  refusal(
    'two signature algorithms',
    /two different signature algorithms/,
    'RFC 5280 section 4.1.1.2 wants them to be the same; OpenSSL finds out when it verifies',
  ),
  {
    name: 'taken by us alone',
    reason:
      'OpenSSL decodes every field and refuses odd ones; ours reads what it needs. accept() asks both before anything is stored',
    explains: ({ about }) => about === 'acceptance',
  },
  {
    name: 'a value that is no text',
    reason:
      'ours shows the encoding in hex (RFC 4514 section 2.4) or marks what is broken; OpenSSL leaves the value, or the whole name, out',
    explains: ({ about, ours, theirs }) =>
      (about === 'subject' || about === 'issuer') && (isUntold(ours) || theirs === 'undefined'),
  },
  {
    name: 'a serial number of zero',
    reason: 'ours writes whole octets as the openssl command does; node:crypto writes one digit',
    explains: ({ about, ours, theirs }) => about === 'serial number' && ours === '00' && theirs === '0',
  },
  {
    name: 'a year of one digit',
    reason: 'OpenSSL prints the year 1 as "1", which Date.parse takes for 2001',
    explains: ({ about, ours }) => about.startsWith('not') && Number(ours) < Date.UTC(1000, 0),
  },
  {
    name: 'a CA that may not sign',
    reason:
      'X509_check_ca wants keyCertSign where there is a key usage; ours keeps both facts apart, and chains look at both',
    explains: ({ about, ours, theirs }) => about === 'CA' && ours === 'true' && theirs === 'false',
  },
  {
    name: 'purposes of which one is broken',
    reason: 'OpenSSL shows none of them then; ours shows those that can be read',
    explains: ({ about, ours, theirs }) => about === 'purposes' && oids(theirs).length === 0 && oids(ours).length > 0,
  },
  {
    name: 'a key that is damaged',
    reason: 'OpenSSL decodes the key, ours looks at its algorithm and the length of its modulus',
    explains: ({ about, ours, theirs }) => about === 'key' && ours !== 'another' && theirs === 'another',
  },
  {
    name: 'a key in an odd encoding',
    reason: 'ours knows keys by exact identifiers, and says of others that they are another kind',
    explains: ({ about, ours }) => about === 'key' && ours === 'another',
  },
  {
    name: 'a length that is not the shortest',
    reason: 'OpenSSL hashes what it would have written; ours hashes the octets that came',
    explains: ({ about, der }) => about === 'fingerprint' && !isShortest(der),
  },
  {
    name: 'one name in two encodings',
    reason:
      'ours takes a certificate for self-signed when its names are the same octets, and its key is none that takes long',
    explains: ({ about, ours, theirs }) => about === 'self-signed' && ours === 'false' && theirs === 'true',
  },
  {
    name: 'a key written anew',
    reason: 'OpenSSL writes the key in its own form; ours hashes the octets that came',
    explains: ({ about }) => about === 'public key',
  },
]
