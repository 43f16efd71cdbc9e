/** The addresses of the cluster itself: what it says of them, and what the operator was told. Part of the composition root. */
import type { KubeObject } from './api/meta.ts'
import type { Config } from './config.ts'
import { KubeError } from './kube/errors.ts'
import { pause } from './kube/pause.ts'
import { Resource } from './kube/resource.ts'
import type { KindRef } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import { within } from './net/address.ts'
import type { AddressTest } from './net/address.ts'
import { mergeRanges, readRange, widestRanges } from './std/cidr.ts'
import type { Clock } from './std/clock.ts'
import { startDeadline } from './std/deadline.ts'
import type { Logger } from './std/log.ts'
import { minutes, seconds } from './std/time.ts'

export interface Asking {
  readonly config: Pick<Config, 'addressGuard' | 'clusterAddresses' | 'namespaces'>
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
}

export interface ClusterAddresses {
  /** Whether an address is one of them, as far as is known at the moment of the question. */
  readonly hold: AddressTest
  /** Asks again from time to time, until the signal is aborted. Never rejects. */
  follow(signal: AbortSignal): Promise<void>
}

/** Nodes come with ranges of their own, and ServiceCIDRs can be added. */
const interval = minutes(10)
/** What a look may take before it is broken off. The first is waited for by all other work. */
const patience = seconds(30)
/** A Node with its list of images is about 20 KB, of which two ranges are kept. */
const pageSize = 100
/** Ranges of each source that calls are compared with, and ranges that are held before they are merged. */
const mostKept = 1024
const mostRead = 16_384
const mostLogged = 20

interface Ranged extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[]; readonly podCIDRs?: readonly string[] }
}

interface Source {
  readonly whose: 'Services' | 'pods'
  readonly kind: KindRef
  readonly rangesOf: (object: Ranged) => readonly string[]
}

const sources: readonly Source[] = [
  {
    whose: 'Services',
    kind: {
      group: 'networking.k8s.io',
      version: 'v1',
      plural: 'servicecidrs',
      kind: 'ServiceCIDR',
      namespaced: false,
    },
    rangesOf: ({ spec }) => spec?.cidrs ?? [],
  },
  {
    whose: 'pods',
    kind: { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false },
    rangesOf: ({ spec }) => (spec?.podCIDRs ?? []).filter(isOfOneNode),
  },
]

/** A Node can be written by its kubelet: one that claims half the internet closes nothing. */
function isOfOneNode(text: string): boolean {
  const range = readRange(text)
  return range !== undefined && range.prefix >= (range.version === 6 ? 32 : 8)
}

/**
 * Addresses that self-checks and providers of DNS are not led to. Where the cluster is to say which its Services and pods have, it
 * has been asked once when this resolves; without an answer it is told, and the others hold.
 */
export async function openClusterAddresses(asking: Asking, signal: AbortSignal): Promise<ClusterAddresses> {
  const { config } = asking
  const { auto, ranges } = config.clusterAddresses
  // Who looks after some namespaces has no right that is the whole cluster's.
  if (!auto || !config.addressGuard || config.namespaces.length > 0)
    return { hold: within(ranges), follow: () => Promise.resolve() }
  const learnt = new LearntAddresses(asking)
  await learnt.look(signal)
  return learnt
}

class LearntAddresses implements ClusterAddresses {
  readonly #asking: Asking
  readonly #known = new Map<Source, readonly string[]>()
  /** What was said and still is so. */
  readonly #said = new Set<string>()
  #test: AddressTest

  constructor(asking: Asking) {
    this.#asking = asking
    this.#test = within(asking.config.clusterAddresses.ranges)
  }

  readonly hold: AddressTest = (address) => this.#test(address)

  async follow(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#asking.clock, interval, signal)
      if (signal.aborted) return
      await this.look(signal)
    }
  }

  /** Never rejects: to stand still would stop renewals for a guard. */
  async look(signal: AbortSignal): Promise<void> {
    const told = this.#asking.config.clusterAddresses.ranges
    const before = this.#all().join()
    await Promise.all(sources.map((source) => this.#ask(source, signal)))
    if (signal.aborted || this.#all().join() === before) return
    this.#test = within([...told, ...this.#all()])
    const [services = [], pods = []] = sources.map((source) => this.#known.get(source) ?? [])
    this.#asking.log.info('the addresses of the cluster are refused to self-checks and providers of DNS', {
      services,
      pods: pods.slice(0, mostLogged),
      ...(pods.length > mostLogged ? { rangesOfPods: pods.length } : {}),
      told,
    })
  }

  #all(): readonly string[] {
    return [...this.#known.values()].flat()
  }

  /** A look that was not finished adds to what is known, and takes nothing away. */
  async #ask(source: Source, parent: AbortSignal): Promise<void> {
    const { transport, clock, config } = this.#asking
    const told = config.clusterAddresses.ranges
    const sentence = `the list of ${source.kind.plural} was not finished within ${patience / 1000} s`
    const deadline = startDeadline({ clock, length: patience, sentence, parent })
    let found: readonly string[] = []
    try {
      const resource = new Resource<Ranged>(transport, source.kind)
      for await (const { items } of resource.pages({ limit: pageSize }, deadline.signal)) {
        found = [...found, ...items.flatMap(source.rangesOf)]
        // Halved, so that this is seldom done.
        if (found.length > mostRead) found = widestRanges(mergeRanges(found), mostRead / 2)
      }
      this.#keep(source, found)
      this.#said.delete(source.whose)
      if (source.whose === 'pods' && found.length === 0 && told.length === 0) this.#say(noPods, { of: 'no pods' })
    } catch (error) {
      if (parent.aborted) return
      this.#keep(source, [...(this.#known.get(source) ?? []), ...found])
      this.#say(sentenceOf(source, error), { of: source.whose, error })
    } finally {
      deadline.end()
    }
  }

  #keep(source: Source, found: readonly string[]): void {
    const merged = mergeRanges(found)
    this.#known.set(source, widestRanges(merged, mostKept))
    if (merged.length <= mostKept) return
    const text = `the ${source.whose} of the cluster have ${merged.length} ranges, of which the widest ${mostKept} are refused to self-checks and providers of DNS; name with --cluster-addresses what holds them all`
    this.#say(text, { of: `many ${source.whose}` })
  }

  /** @param about - `of`: what is said once, however it is worded, until it has passed */
  #say(text: string, about: { readonly of: string; readonly error?: unknown }): void {
    const { of, ...more } = about
    if (this.#said.has(of)) return
    this.#said.add(of)
    this.#asking.log.warn(text, { ...more, told: this.#asking.config.clusterAddresses.ranges })
  }
}

const noPods =
  'no Node says which addresses its pods have, as with networks that give them out themselves, so that self-checks and providers of DNS may be led to them; name them with --cluster-addresses'

function sentenceOf({ whose, kind }: Source, error: unknown): string {
  const outcome = 'so that self-checks and providers of DNS may be led to them'
  if (error instanceof KubeError && error.reason === 'forbidden')
    return `the operator may not ask which addresses the ${whose} of the cluster have, ${outcome}; let its ClusterRole list ${kind.plural}, or name them with --cluster-addresses`
  return `the cluster does not say which addresses its ${whose} have, ${outcome}; name them with --cluster-addresses`
}
