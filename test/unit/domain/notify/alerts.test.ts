import { describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../../../src/domain/facts.ts'
import { inventoryItem } from '../../../../src/domain/inventory/item.ts'
import type { InventoryItem, ItemSource, Management } from '../../../../src/domain/inventory/item.ts'
import { alertsOf, lengthOf, usualThresholds } from '../../../../src/domain/notify/alerts.ts'
import { days, hours, instant, minus, minutes, plus } from '../../../../src/std/time.ts'

const notBefore = instant(Date.parse('2026-11-01T00:00:00Z'))
const facts: CertificateFacts = {
  serialNumber: '01',
  fingerprint: 'f',
  subject: [],
  issuer: [],
  names: [],
  notBefore,
  notAfter: plus(notBefore, days(60)),
  key: undefined,
  publicKeyHash: 'k',
  usages: [],
  isCA: false,
  signatureHash: 'sha256',
  subjectKeyId: undefined,
  authorityKeyId: undefined,
  selfSigned: false,
}
const management: Management = {
  uid: 'uid',
  waits: undefined,
  windowsIgnored: undefined,
  issuer: { kind: 'Issuer', name: 'ca' },
  protocol: 'ca',
  renewalTime: undefined,
  revision: 1,
  past: [],
  message: undefined,
  failure: undefined,
  enrollment: undefined,
  violations: [],
}
const failure = { code: 'Unreachable', message: 'The CA is down.', time: undefined, nextTry: undefined }
const violation = { policy: 'keys', mode: 'Enforce', rule: 'allowed', message: 'RSA is too weak.' } as const

const item = (more: Partial<ItemSource> = {}): InventoryItem =>
  inventoryItem({
    kind: 'Certificate',
    namespace: 'shop',
    name: 'web',
    entry: '',
    secretName: 'web',
    state: 'ready',
    owner: 'a',
    facts,
    chain: [],
    unreadAbove: 0,
    others: 0,
    unreadable: undefined,
    management,
    ...more,
  })

const told = (one: InventoryItem, day: number) => {
  const [alert] = alertsOf([one], usualThresholds, plus(notBefore, days(day)))
  return alert && `${alert.kind} ${alert.severity}: ${alert.message}`
}

describe('what is worth telling', () => {
  it.each([
    ['nothing of a good one', item(), 10, undefined],
    ['the end that comes', item(), 52, /^Expiring warning: It expires in 8 days, at 2026-12-31T00:00:00Z\.$/],
    ['the end that is near', item(), 58, /^Expiring critical: It expires in 2 days/],
    ['the end', item(), 60, /^Expired critical: It expired at 2026-12-31/],
    ['why', item({ management: { ...management, failure } }), 58, /Its renewal fails: The CA is down\.$/],
    [
      'a renewal that fails',
      item({ management: { ...management, failure } }),
      41,
      /^Failing warning: The CA is down\.$/,
    ],
    [
      'what never was',
      item({ facts: undefined, state: 'failing', management: { ...management, failure } }),
      1,
      /^Failing critical/,
    ],
    [
      'what waits for an issuer',
      item({ facts: undefined, state: 'failing', management: { ...management, message: 'The issuer is missing.' } }),
      1,
      /^Failing critical: The issuer is missing\.$/,
    ],
    ['nothing of what is being issued', item({ facts: undefined, state: 'issuing' }), 1, undefined],
    [
      'what a policy forbids',
      item({ management: { ...management, violations: [violation] } }),
      1,
      /^Denied warning: Policy keys: RSA is/,
    ],
    [
      'what a policy forbids before there is a certificate',
      item({ facts: undefined, state: 'failing', management: { ...management, violations: [violation] } }),
      1,
      /^Denied critical/,
    ],
    [
      'nothing of what is only looked at',
      item({ management: { ...management, violations: [{ ...violation, mode: 'Audit' }] } }),
      1,
      undefined,
    ],
    ['nothing of what nobody manages while it is good', item({ state: 'found', management: undefined }), 49, undefined],
    [
      'the end of what nobody manages',
      item({ state: 'found', management: undefined }),
      58,
      /^Expiring warning: It expires in 2 days.*Perennial does not look after it\.$/,
    ],
    [
      'nothing of a root that has years left, whatever the share',
      item({ state: 'found', management: undefined, facts: { ...facts, notBefore: minus(notBefore, days(3650)) } }),
      10,
      undefined,
    ],
  ])('is %s', (_words, one, day, sentence) => {
    const words = told(one, day)
    if (sentence === undefined) expect(words).toBeUndefined()
    else expect(words).toMatch(sentence)
  })

  it.each([
    [days(3), '3 days'],
    [days(1), '1 day'],
    [hours(5), '5 hours'],
    [minutes(1), '1 minute'],
    [minutes(0.2), '1 minute'],
  ])('says %d ms as %s', (time, words) => {
    expect(lengthOf(time)).toBe(words)
  })
})
