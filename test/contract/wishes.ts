/** Wishes for the contract suite: what a protocol without limits of its own must be able to fulfil. */
import type { NameAttribute, Wanted } from '../../src/domain/wanted.ts'
import { days, minutes } from '../../src/std/time.ts'
import { plainWish } from './harness.ts'

const part = (oid: string, value: string): readonly NameAttribute[] => [{ oid, value }]

/** Without RSA, whose keys take seconds to make. */
export const manyWishes: Readonly<Record<string, Wanted>> = {
  'one DNS name': plainWish,
  'every type of name': {
    ...plainWish,
    names: [
      { type: 'dns', value: '*.wild.example.test' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'ip', value: '2001:db8::7' },
      { type: 'uri', value: 'spiffe://example.test/ns/a/sa/b' },
      { type: 'email', value: 'ops@example.test' },
      { type: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'ops@example.test' },
    ],
  },
  'a full subject': {
    ...plainWish,
    subject: [
      part('2.5.4.6', 'DE'),
      [...part('2.5.4.10', 'Zweite GmbH'), ...part('2.5.4.10', 'Erste GmbH & Söhne')],
      part('2.5.4.11', 'Платформа'),
      part('2.5.4.3', 'plain.example.test'),
      part('2.5.4.5', '4711'),
    ],
  },
  'a P-384 key': { ...plainWish, key: { algorithm: 'ECDSA', size: 384 } },
  'an Ed25519 key': { ...plainWish, key: { algorithm: 'Ed25519', size: 0 } },
  'a life of five minutes': { ...plainWish, lifetime: minutes(5) },
  'a CA of its own': {
    ...plainWish,
    subject: [part('2.5.4.3', 'Team CA')],
    names: [],
    isCA: true,
    usages: ['cert sign', 'crl sign'],
    lifetime: days(60),
  },
}
