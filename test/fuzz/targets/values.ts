import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { compilePolicy } from '../../../src/net/address.ts'
import { parseDnsServer } from '../../../src/net/dnsclient.ts'
import { parseRetryAfter } from '../../../src/net/retryafter.ts'
import { formatGoDuration, parseGoDuration } from '../../../src/std/duration.ts'
import { parseHostPort } from '../../../src/std/hostport.ts'
import { canonicalIp, ipOctets, serverNameOf } from '../../../src/std/ip.ts'
import { fromRfc3339, instant, toRfc3339 } from '../../../src/std/time.ts'
import { addressText } from '../../../src/pki/readnames.ts'
import { textOf } from '../support.ts'

const now = instant(Date.UTC(2026, 0, 1))

function readDuration(text: string): void {
  const read = parseGoDuration(text)
  if (!read.ok) return promise(read.error.length < 500, 'a refusal is a sentence')
  promise(!Number.isNaN(read.value), 'a duration is a number')
  const rounded = Math.round(Math.abs(read.value)) * Math.sign(read.value)
  const again = parseGoDuration(formatGoDuration(read.value))
  promise(again.ok && again.value - rounded === 0, 'a duration reads as it was written')
}

function readAddress(text: string): void {
  const address = canonicalIp(text)
  serverNameOf(text)
  if (address === undefined) return
  promise(canonicalIp(address) === address, 'the canonical text of an address is canonical')
  promise([4, 16].includes(ipOctets(address).length), 'an address has 4 or 16 octets')
  promise(addressText(ipOctets(address)) === address, 'an address reads as it was written')
}

export const target: FuzzTarget = {
  about: 'short values: durations, Retry-After, RFC 3339, addresses, ports, ranges, name servers',
  form: 'text',
  longest: 65_536,
  words: [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    '1994-11-06T08:49:37Z',
    '1h30m0.5s',
    '[::1]:53',
    '::ffff:10.0.0.1',
    '10.0.0.0/8',
  ],
  run: (input) => {
    const text = textOf(input)
    readDuration(text)
    readAddress(text)
    const at = parseRetryAfter(text, now)
    if (at !== undefined) promise(/^[+-]?\d{4,6}-/.test(toRfc3339(at)), 'a moment to come back can be written')
    const moment = fromRfc3339(text)
    if (moment !== undefined) promise(/^\d{4}-\d\d-\d\dT/i.test(text), 'only RFC 3339 is a timestamp')
    const place = parseHostPort(text)
    if (place !== undefined) promise(place.port >= 0 && place.port <= 65_535, 'a port is a port')
    parseDnsServer(text)
    compilePolicy({ kind: 'public', allow: [text] })
  },
}
