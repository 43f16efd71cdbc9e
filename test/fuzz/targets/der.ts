import { Broken, promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { encodeElement, encodeOid, encodeTime, readElements } from '../../../src/pki/der.ts'
import { berToDer } from '../../../src/pki/cms/ber.ts'
import { childrenOf, readOid, readTime } from '../../../src/pki/readder.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { instant } from '../../../src/std/time.ts'
import { firstElement, sameOctets, unlessMalformed } from '../support.ts'

/** Elements joined are the octets that they were split from, and an element written anew reads as the same. */
function splitAndJoin(bytes: Uint8Array): void {
  const elements = readElements(bytes)
  if (!elements.ok) return
  promise(
    sameOctets(Buffer.concat(elements.value.map(({ encoded }) => encoded)), bytes),
    'elements joined are what was split',
  )
  for (const { tag, content } of elements.value.slice(0, 10)) {
    const again = readElements(encodeElement(tag, content))
    const [one, ...more] = again.ok ? again.value : []
    promise(
      more.length === 0 && one?.tag === tag && sameOctets(one.content, content),
      'an element reads as it was written',
    )
  }
}

/** What has been made DER stays as it is, wherever in memory its octets lie. */
function convertTwice(bytes: Uint8Array): void {
  const once = berToDer(bytes)
  const apart = berToDer(Uint8Array.from(bytes))
  promise(once.ok === apart.ok, 'where the octets lie changes nothing')
  if (!once.ok || !apart.ok) return
  promise(sameOctets(once.value, apart.value), 'where the octets lie changes nothing in the result')
  const twice = berToDer(Uint8Array.from(once.value))
  promise(twice.ok && sameOctets(twice.value, once.value), 'DER stays as it is')
}

function readValues(element: DerElement): void {
  const oid = unlessMalformed(() => readOid(element, 'identifier'))
  if (oid !== undefined) {
    const again = unlessMalformed(() => readOid(firstElement(encodeOid(oid)), 'it'))
    promise(again === oid, 'an object identifier reads as it was written')
  }
  const time = unlessMalformed(() => readTime(element, 'time'))
  if (time === undefined) return
  if (Number.isNaN(time)) throw new Broken('a time is a moment')
  const written = unlessMalformed(() => readTime(firstElement(encodeTime(instant(time))), 'it'))
  promise(written === time, 'a time reads as it was written')
}

export const target: FuzzTarget = {
  about: 'DER and BER: elements, object identifiers, times, and the making of DER from BER',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    splitAndJoin(input)
    convertTwice(input)
    const elements = readElements(input)
    for (const element of elements.ok ? elements.value.slice(0, 6) : []) {
      readValues(element)
      for (const inner of unlessMalformed(() => childrenOf(element, 'it'))?.slice(0, 8) ?? []) readValues(inner)
    }
  },
}
