/** A fleet whose CA changes, in virtual time: the pure rules of recording, publishing and re-issue, driven as the controllers do. */
import { describe, expect, it } from '@jest/globals'
import {
  identityOf,
  notePublished,
  publishable,
  recordAuthorities,
  settleFormer,
} from '../../src/domain/authority/record.ts'
import type { AuthorityRecord, SeenAuthority } from '../../src/domain/authority/record.ts'
import { leadsTo, reissueTime, rolloverOf, rolloverSettings } from '../../src/domain/authority/rollover.ts'
import { hours, instant, minutes, plus } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { Dice } from './dice.ts'
import { seeds } from './seeds.ts'

const start = instant(Date.UTC(2026, 0, 1))
const step = minutes(5)
const spec = {
  trustBundle: { configMap: { name: 'bundle' } },
  rollover: { delay: '1h', spread: '2h', keep: '3h' },
}
const { delay, spread, keep } = rolloverSettings(spec)

const rootOf = (key: string): SeenAuthority => ({
  subject: 'CN=CA',
  role: 'Root',
  state: 'Current',
  trustedBy: 'Settings',
  fingerprintSHA256: key,
  keyId: key,
  certificate: key,
  notAfter: '2036-01-01T00:00:00Z',
})

interface Leaf {
  readonly uid: string
  key: string
  issuedAt: Instant
}

class Fleet {
  now = start
  /** What the CA shows, and what it signs with. */
  shown = 'a'
  signsWith: string | undefined
  readonly leaves: readonly Leaf[]
  readonly reissued: { readonly at: Instant; readonly uid: string }[] = []
  readonly #dice: Dice
  #records: readonly AuthorityRecord[] = []

  constructor(seed: number, size: number) {
    this.#dice = new Dice(seed)
    this.leaves = Array.from({ length: size }, (_, i) => ({ uid: `${seed}-${i}`, key: 'a', issuedAt: start }))
  }

  run(length: Duration, each: () => void = () => undefined): void {
    for (const end = plus(this.now, length); this.now < end; this.now = plus(this.now, step)) {
      each()
      // A probe may fail, and a process may have died before it wrote.
      if (this.#dice.chance(0.8)) this.#probe()
      this.#follow()
      this.#judge()
    }
  }

  get bundle(): readonly string[] {
    return publishable(this.#records).map(identityOf)
  }

  #probe(): void {
    const recorded = recordAuthorities(this.#records, { seen: [rootOf(this.shown)], isNextKnown: true }, this.now)
    const isUsed = ({ subject, keyId }: AuthorityRecord): boolean =>
      this.leaves.some((leaf) => leadsTo([linkOf(leaf)], { subject, keyId }))
    this.#records = notePublished(settleFormer(recorded, { isUsed, keep }, this.now), this.now)
  }

  #follow(): void {
    const rollover = rolloverOf(this.#records, spec)
    if (rollover === undefined) return
    for (const leaf of this.leaves) {
      const due = reissueTime({ ...leaf, links: [linkOf(leaf)] }, rollover)
      if (due === undefined || due > this.now) continue
      leaf.key = this.signsWith ?? this.shown
      leaf.issuedAt = this.now
      this.reissued.push({ at: this.now, uid: leaf.uid })
    }
  }

  /** Whoever reads the bundle trusts every certificate that is in use, but for what the CA has not yet been seen to do. */
  #judge(): void {
    const known = new Set(this.#records.map(identityOf))
    const missing = this.leaves.filter(({ key }) => known.has(key) && !this.bundle.includes(key))
    if (missing.length > 0) throw new Error(`the bundle lacks the root of ${missing.length} certificates`)
    const lost = this.leaves.filter(({ key }) => this.#records.length > 0 && !known.has(key) && key !== this.shown)
    if (lost.length > 0 && this.signsWith === undefined)
      throw new Error(`${lost.length} roots were forgotten too early`)
  }
}

const linkOf = ({ key }: Leaf) => ({ issuer: [[{ oid: '2.5.4.3', value: 'CA' }]], authorityKeyId: key })

/** The most in any window of this length. */
function mostIn(fleet: Fleet, length: Duration): number {
  const times = fleet.reissued.map(({ at }) => at)
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < plus(from, length)).length))
}

const timesOf = (fleet: Fleet): readonly number[] =>
  fleet.leaves.map(({ uid }) => fleet.reissued.filter((one) => one.uid === uid).length)

const settled = (seed: number, size = 200): Fleet => {
  const fleet = new Fleet(seed, size)
  fleet.run(hours(2))
  return fleet
}

describe('a CA that changes', () => {
  it.each(seeds('rollover', 5))('is followed by all, once, within the spread, in even shares (%s)', (seed) => {
    const fleet = settled(seed)
    fleet.shown = 'b'
    const changed = fleet.now
    fleet.run(delay)
    fleet.run(spread)
    fleet.run(minutes(30))
    expect(fleet.leaves.every(({ key }) => key === 'b')).toBe(true)
    expect(timesOf(fleet).every((times) => times === 1)).toBe(true)
    expect(Math.min(...fleet.reissued.map(({ at }) => at))).toBeGreaterThanOrEqual(plus(changed, delay))
    // A tenth of the spread brings a tenth of 200, give or take what chance does.
    expect(mostIn(fleet, minutes(12))).toBeLessThanOrEqual(45)
    fleet.run(hours(4))
    expect(fleet.bundle).toEqual(['b'])
  })

  it.each(seeds('flapping', 4))('and back, faster than it could be followed, makes nobody follow (%s)', (seed) => {
    const fleet = settled(seed)
    let minute = 0
    fleet.run(hours(24), () => {
      minute += 5
      fleet.shown = Math.floor(minute / 20) % 2 === 0 ? 'a' : 'b'
    })
    expect(fleet.reissued).toEqual([])
    expect(fleet.bundle.toSorted()).toEqual(['a', 'b'])
  })

  it.each(seeds('back and forth', 4))('back and forth is followed once for each change (%s)', (seed) => {
    const fleet = settled(seed, 50)
    for (const key of ['b', 'a', 'b', 'a']) {
      fleet.shown = key
      fleet.run(hours(6))
    }
    expect(timesOf(fleet).every((times) => times === 4)).toBe(true)
  })

  it.each(seeds('issues from the old', 4))(
    'and goes on signing with the old key is asked once for each (%s)',
    (seed) => {
      const fleet = settled(seed, 50)
      fleet.shown = 'b'
      fleet.signsWith = 'a'
      fleet.run(hours(30))
      expect(timesOf(fleet).every((times) => times === 1)).toBe(true)
      expect(fleet.bundle).toEqual(['b', 'a'])
    },
  )
})
