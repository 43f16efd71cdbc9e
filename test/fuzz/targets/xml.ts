import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readChange, readRecordSet, readZones } from '../../../src/enroll/solvers/dns01/route53/wire.ts'
import { escapeXml, readXml } from '../../../src/enroll/solvers/dns01/route53/xml.ts'
import { textOf } from '../support.ts'

export const target: FuzzTarget = {
  about: 'XML of Route 53 and STS',
  form: 'text',
  longest: 32_768,
  run: (input) => {
    const text = textOf(input)
    readXml(text)
    readZones(text)
    readChange(text)
    const set = readRecordSet(text, '_acme-challenge.example.com')
    if (typeof set === 'object') promise(Number.isInteger(set.ttl), 'a time to live is a number')
    promise(readXml(`<a>${escapeXml(text)}</a>`)?.text === text, 'text reads as it was written')
  },
}
