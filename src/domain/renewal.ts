/**
 * When a certificate is renewed.
 *
 *   issued                                    renew              expires
 *     ├───────────────────────────────────────┼──jitter──┤───────────┤
 *     notBefore                        nominal - spread   nominal    notAfter
 *
 * `nominal` is two thirds of the *issued* lifetime unless the spec says otherwise. The jitter only ever renews earlier, and
 * is a hash of the object's uid and the serial number: the same on every replica and after every restart, different for
 * certificates that were issued together.
 *
 * CAs backdate, repeat themselves and advise nonsense. Whatever they say, a certificate is kept for a share of the life that
 * it had left when it arrived, so that no CA can make us renew in a loop.
 */
import { fractionOf } from '../std/fraction.ts'
import { between, earliest, latest, minus, minutes, plus, scale, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'

export interface RenewalInput {
  /** The Certificate object's uid. */
  readonly uid: string
  readonly serialNumber: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** When the Secret was written; a CA may backdate notBefore. */
  readonly issuedAt: Instant
  readonly renewBefore?: Duration | undefined
  /** 1 to 99: the share of the issued lifetime that is left when renewal starts. */
  readonly renewBeforePercentage?: number | undefined
  /** The CA's suggested window (RFC 9773 section 4.2). */
  readonly window?: { readonly start: Instant; readonly end: Instant } | undefined
}

/** A thirtieth of the lifetime: three days for 90 days, ten seconds for five minutes. */
const jitterShare = 1 / 30
/** The share of its remaining life for which a certificate is kept, even when it was already due when it arrived. */
const leastShare = 1 / 2
/** The same where the spec asks for an early renewal, and the certificate leaves room for it. */
const leastShareAsAsked = 1 / 20
const keptForTrouble = 1 / 10
/** A CA that always advises to renew at once is obeyed three times an hour. */
const leastBeforeAdvice = minutes(20)

/** The moment from which the certificate should be replaced. Never after it expires. */
export function renewalTime(input: RenewalInput): Instant {
  const nominal = minus(input.notAfter, leadTime(input))
  const jitter = scale(between(input.notBefore, input.notAfter), jitterShare * fractionOf(renewalKey(input)))
  const own = latest(minus(nominal, jitter), keptUntil(input, nominal))
  const chosen = input.window === undefined ? own : withinWindow(input, input.window, own)
  return earliest(wholeSeconds(chosen), input.notAfter)
}

/** @returns the soonest moment at which a renewal may be moved ahead: half of the life that was left when it arrived is over */
export function soonestRenewal(input: RenewalInput): Instant {
  const from = arrival(input)
  return wholeSeconds(plus(from, scale(between(from, input.notAfter), leastShare)))
}

/**
 * @returns the last good moment to renew, after which nothing is waited for that can be done without: a tenth of the lifetime is
 *   kept for trouble
 */
export function lastGoodMoment({ notBefore, notAfter }: Pick<RenewalInput, 'notBefore' | 'notAfter'>): Instant {
  return minus(notAfter, scale(between(notBefore, notAfter), keptForTrouble))
}

/**
 * @returns the last moment at which a renewal waits for a window: where it starts late, a third of its own time is kept; and what the
 *   CA has suggested is not missed either
 */
export function lastCall(input: RenewalInput): Instant {
  const byLife = latest(lastGoodMoment(input), minus(input.notAfter, scale(leadTime(input), 1 / 3)))
  return input.window === undefined ? byLife : earliest(byLife, input.window.end)
}

/** How long before expiry renewal starts, before jitter. */
function leadTime(input: RenewalInput): Duration {
  const lifetime = between(input.notBefore, input.notAfter)
  if (input.renewBeforePercentage !== undefined) return scale(lifetime, input.renewBeforePercentage / 100)
  // A renewBefore that does not fit into what the CA really issued would renew for ever: fall back to a third.
  if (input.renewBefore !== undefined && input.renewBefore < lifetime) return input.renewBefore
  return scale(lifetime, 1 / 3)
}

/** When the certificate arrived. A note from beyond its end was written by a clock that was wrong, and says nothing. */
function arrival({ notBefore, notAfter, issuedAt }: RenewalInput): Instant {
  return issuedAt < notAfter ? latest(notBefore, issuedAt) : notBefore
}

function keptUntil(input: RenewalInput, nominal: Instant): Instant {
  const from = arrival(input)
  const share = hasOwnWish(input) && nominal > from ? leastShareAsAsked : leastShare
  return plus(from, scale(between(from, input.notAfter), share))
}

/**
 * A uniformly spread, stable moment inside the CA's window. A window in the past means now (mass revocation). A window that
 * is too late to survive a failure, or later than the user's own renewBefore, does not delay the renewal.
 */
function withinWindow(input: RenewalInput, window: { start: Instant; end: Instant }, own: Instant): Instant {
  const length = between(window.start, window.end)
  const picked = plus(window.start, scale(length, fractionOf(`${renewalKey(input)}/${window.start}/${window.end}`)))
  const from = arrival(input)
  const least = earliest(plus(from, leastBeforeAdvice), plus(from, scale(between(from, input.notAfter), leastShare)))
  return latest(earliest(picked, hasOwnWish(input) ? own : lastGoodMoment(input)), least)
}

function hasOwnWish({ renewBefore, renewBeforePercentage }: RenewalInput): boolean {
  return renewBefore !== undefined || renewBeforePercentage !== undefined
}

/** What hashes of one renewal are over. */
export const renewalKey = ({ uid, serialNumber }: Pick<RenewalInput, 'uid' | 'serialNumber'>): string =>
  `${uid}/${serialNumber}`

function wholeSeconds(at: Instant): Instant {
  return minus(at, (at % seconds(1)) as Duration)
}
