import { isIP } from 'node:net'
import { describe, it } from '@jest/globals'
import fc from 'fast-check'
import { dnsName, durationFrom, durationOf, isCidr, isIp } from '../../../src/api/texts.ts'
import { formatGoDuration } from '../../../src/std/duration.ts'
import { milliseconds } from '../../../src/std/time.ts'

const isDnsName = (text: string): boolean => dnsName.every((rule) => rule.holds(text))

describe('texts of a spec', () => {
  it('every domain of the internet is a DNS name', () => {
    fc.assert(fc.property(fc.domain(), (domain) => isDnsName(domain) && isDnsName(`*.${domain}`)))
  })

  it('no IP address is a DNS name', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => !isDnsName(address)))
  })

  it('every IP address is one, with any prefix that fits', () => {
    fc.assert(fc.property(fc.ipV4(), fc.nat(32), (address, prefix) => isIp(address) && isCidr(`${address}/${prefix}`)))
    const plainV6 = fc.ipV6().filter((address) => !address.includes('.'))
    fc.assert(fc.property(plainV6, fc.nat(128), (address, prefix) => isIp(address) && isCidr(`${address}/${prefix}`)))
  })

  it('nothing is an IP address that Node does not take for one', () => {
    const almost = fc.stringMatching(/^[0-9a-f:.%/]{0,24}$/)
    fc.assert(fc.property(almost, (text) => !isIp(text) || isIP(text) !== 0))
  })

  it('a duration that we write is one that we accept', () => {
    const [rule] = durationFrom('1m')
    const wholeSeconds = fc.integer({ min: 60, max: 876_000 * 3600 }).map((n) => milliseconds(n * 1000))
    fc.assert(
      fc.property(wholeSeconds, (length) => {
        const text = formatGoDuration(length)
        return durationOf(text) === length && rule?.holds(text) === true
      }),
    )
  })
})
