/**
 * The TXT records of one solver: where each goes, that the provider puts it there, that the world sees it, and that it goes
 * away again. What is in memory only saves calls: after a restart everything is found out and asked for once more.
 */
import type { Dns01Spec } from '../../../api/issuer/dns01.ts'
import type { Fault } from '../../../domain/fault.ts'
import { plainName } from '../../../net/dnsname.ts'
import { ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'
import { between, clampDuration, minutes, plus, scale, seconds } from '../../../std/time.ts'
import type { Duration, Instant } from '../../../std/time.ts'
import type { Presence } from '../../challenge.ts'
import type { Ctx } from '../../enroller.ts'
import { findZone, followAliases } from './lookup.ts'
import { unseen } from './propagation.ts'
import type { DnsChange, DnsProvider, ProviderCtx, TxtValue } from './provider.ts'

/** One proof over DNS. */
export interface DnsProof {
  /** Where the CA looks: for example `_acme-challenge.www.example.com`. */
  readonly name: string
  readonly value: string
  /** The name under proof. */
  readonly identifier: string
}

interface Placed {
  readonly txt: TxtValue
  /** When the provider said that it is done; undefined while it has not. */
  since: Instant | undefined
}

/** As short as most services take it: proofs are looked at once. */
const ttl = minutes(1)
/** How long to wait before the servers are asked once more: at first often, then as a share of what has passed. */
const firstLook: Duration = seconds(2)
const longestPause: Duration = seconds(30)
/** Values that are remembered; the oldest are forgotten first. */
const most = 10_000

const keyOf = ({ name, value }: DnsProof): string => `${name} ${value}`

export class DnsRecords {
  readonly #spec: Dns01Spec
  readonly #provider: DnsProvider
  readonly #placed = new Map<string, Placed>()
  readonly #leftOver = new Map<string, DnsProof>()

  constructor(spec: Dns01Spec, provider: DnsProvider) {
    this.#spec = spec
    this.#provider = provider
  }

  /** Idempotent: called again on every poll until `ready` or `failed`. */
  async present(proof: DnsProof, check: 'look' | 'trust', ctx: Ctx): Promise<Presence> {
    this.#leftOver.delete(keyOf(proof))
    const placed = await this.#place(proof, ctx)
    if (!placed.ok) return presenceOf(placed.error, ctx.now())
    const { txt } = placed.value
    if (placed.value.since === undefined) {
      const change = await this.#provider.present(txt, providerCtx(ctx))
      if (change.kind === 'later') return { kind: 'waiting', wakeAt: change.wakeAt, note: change.note }
      if (change.kind !== 'done') return troubled(change, ctx.now())
      placed.value.since = ctx.now()
    }
    return check === 'trust' ? { kind: 'ready' } : this.#seen(proof, placed.value.since, ctx)
  }

  async #seen({ name, value }: DnsProof, since: Instant, ctx: Ctx): Promise<Presence> {
    const { dns, propagationTimeout } = ctx.surroundings
    const note = await unseen({ name: plainName(name), fits: (text) => text === value }, { dns, signal: ctx.signal })
    if (note === undefined) return { kind: 'ready' }
    const passed = between(since, ctx.now())
    if (passed >= propagationTimeout) {
      ctx.log.info('the CA is asked to look although the record is not seen everywhere', { name, note })
      return { kind: 'ready', unseen: note }
    }
    return { kind: 'waiting', wakeAt: plus(ctx.now(), pauseAfter(passed)), note: `waiting for DNS: ${note}` }
  }

  /** Idempotent, and never fails: what only time keeps from being removed is tried again by {@link DnsRecords.sweep}. */
  async remove(proof: DnsProof, ctx: Ctx): Promise<void> {
    const key = keyOf(proof)
    const placed = await this.#place(proof, ctx)
    const change = placed.ok
      ? await this.#provider.remove(placed.value.txt, providerCtx(ctx))
      : ({ kind: 'deferred', fault: placed.error } as const)
    this.#placed.delete(key)
    this.#leftOver.delete(key)
    if (change.kind === 'done') return
    if (change.kind !== 'failed') remember(this.#leftOver, key, proof)
    const why = change.kind === 'later' ? change.note : change.fault.message
    ctx.log.warn('a TXT record of a proof could not be removed', { name: proof.name, why })
  }

  /** Removes what could not be removed before. */
  async sweep(ctx: Ctx): Promise<void> {
    const before = [...this.#leftOver.values()]
    for (const proof of before) {
      if (ctx.signal.aborted) return
      await this.remove(proof, ctx)
    }
  }

  async #place(proof: DnsProof, ctx: Ctx): Promise<Result<Placed, Fault>> {
    const known = this.#placed.get(keyOf(proof))
    if (known !== undefined) return ok(known)
    const asking = { dns: ctx.surroundings.dns, signal: ctx.signal }
    const asked = plainName(proof.name)
    const end = this.#spec.cnameStrategy === 'Follow' ? await followAliases(asked, asking) : ok(asked)
    if (!end.ok) return end
    const zone = await findZone(end.value, asking)
    if (!zone.ok) return zone
    const { value, identifier } = proof
    const placed: Placed = { txt: { name: end.value, zone: zone.value, value, ttl, identifier }, since: undefined }
    return ok(remember(this.#placed, keyOf(proof), placed))
  }
}

/** The outside world as a provider sees it: never the CA's own connection. */
function providerCtx(ctx: Ctx): ProviderCtx {
  const { dns, http, cluster, ambient } = ctx.surroundings
  return { now: () => ctx.now(), http, dns, cluster, ambient, signal: ctx.signal, log: ctx.log }
}

function remember<T>(map: Map<string, T>, key: string, value: T): T {
  const [oldest] = map.keys()
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
  return value
}

const pauseAfter = (passed: Duration): Duration => clampDuration(scale(passed, 0.25), firstLook, longestPause)

/** What time may mend is waited for; the rest ends the order. */
function troubled(change: Extract<DnsChange, { kind: 'deferred' | 'failed' }>, now: Instant): Presence {
  if (change.kind === 'failed') return { kind: 'failed', fault: change.fault }
  return { kind: 'waiting', wakeAt: change.wakeAt ?? plus(now, longestPause), note: change.fault.message }
}

const presenceOf = (problem: Fault, now: Instant): Presence =>
  problem.code === 'Misconfigured'
    ? { kind: 'failed', fault: problem }
    : { kind: 'waiting', wakeAt: plus(now, firstLook), note: problem.message }
