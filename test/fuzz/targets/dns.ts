import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { caaText, readCaa } from '../../../src/enroll/acme/caarecords.ts'
import { verifyReply } from '../../../src/enroll/solvers/dns01/rfc2136/tsig.ts'
import { encodeText, readMessage, readTarget, readText } from '../../../src/net/dnsmessage.ts'
import { encodeName, plainName, readName } from '../../../src/net/dnsname.ts'
import { instant } from '../../../src/std/time.ts'

/** The key that the seeds are signed with. */
export const signing = {
  key: { name: 'fuzz.example.com', algorithm: 'HMACSHA256', secret: Buffer.alloc(32, 3) },
  requestMac: Buffer.alloc(32, 4),
  now: instant(Date.UTC(2026, 0, 1)),
} as const

function readAndWrite(bytes: Uint8Array, start: number): void {
  const read = readName(bytes, start)
  if (read === undefined) return
  promise(read.next > start && read.next <= bytes.length, 'a name ends behind its beginning, within the message')
  promise(read.name === plainName(read.name) || read.name.endsWith('.'), 'a name that is read is plain')
  const written = encodeName(read.name)
  if (written === undefined) return
  promise(readName(written, 0)?.name === read.name, 'a name reads as it was written')
}

export const target: FuzzTarget = {
  about: 'DNS: messages, compressed names, texts, CAA records, signed replies (TSIG)',
  form: 'bytes',
  longest: 65_535,
  run: (input) => {
    const caa = readCaa(input)
    if (caa !== undefined) promise(/^(?:0|128) [a-z0-9]+ "/.test(caaText(caa)), 'a CAA record has a tag')
    for (let start = 0; start < Math.min(input.length, 40); start += 1) readAndWrite(input, start)
    const text = readText(input)
    if (text !== undefined) promise(readText(encodeText(text)) === text, 'a text reads as it was written')
    const message = readMessage(input)
    if (message === undefined) return
    for (const record of [...message.answers, ...message.authorities].slice(0, 20)) {
      readTarget(message, record)
      readText(record.data)
    }
    verifyReply(message, signing)
  },
}
