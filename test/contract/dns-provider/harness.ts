/** What every chapter of the contract of providers of DNS uses: scenes, values, and what must hold of sentences. */
import { expect } from '@jest/globals'
import type { Fault } from '../../../src/domain/fault.ts'
import type { Credentials } from '../../../src/enroll/enroller.ts'
import type {
  DnsChange,
  DnsProvider,
  ProviderCtx,
  ProviderFactory,
  TxtValue,
} from '../../../src/enroll/solvers/dns01/provider.ts'
import { minutes } from '../../../src/std/time.ts'
import { contextOf } from '../../support/dns-providers/context.ts'
import { Service } from '../../support/dns-providers/service.ts'
import type { Reply, World } from '../../support/dns-providers/service.ts'
import { recordingLogger } from '../../support/log.ts'
import type { LoggedLine } from '../../support/log.ts'

export interface ProviderHarness<S, W extends World> {
  readonly factory: ProviderFactory<S>
  /** What the spec says beside the provider: for example which credentials. */
  readonly variant?: string
  readonly spec: S
  /** Entries of each Secret by the reference's path below the provider's member, for example `apiTokenSecretRef`. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Environment and files of the process, where the issuer may use them. */
  readonly ambient?: { readonly variables?: Record<string, string>; readonly files?: Record<string, string> }
  world(): W
  /** How the service throttles. */
  readonly throttle: Reply
  /** The credentials stop working. Undefined: there are none. */
  readonly revoke?: (world: W) => void
  /** The zone is gone. Undefined: the provider knows no zones. */
  readonly dropZone?: (world: W) => void
  /** The service keeps this many values at a name. Unbounded when not given. */
  readonly keeps?: number
  /** The service takes nothing away: old values give way to new ones. */
  readonly removal?: 'none'
  /** A refusal in the service's own form. */
  readonly refusal: (status: number, words: string) => Reply
  /** What the service asks for is not seen: it goes by the next turn of the ladder. */
  readonly impatient?: true
  /** Replies of {@link rude} that the protocol allows for success. */
  readonly trusting?: readonly string[]
}

export const field = 'spec.acme.solvers[0].dns01'
export const name = '_acme-challenge.www.example.com'
export const [first, second, third] = [
  'gfj9Xq_Rg85nM-first',
  'LoqXcYV8q5ONbJQxbmR7-second',
  'evaGxfADs6pSRb2LAv9I-third',
]

export const txt = (value: string = first, at: string = name): TxtValue => ({
  name: at,
  zone: 'example.com',
  value,
  ttl: minutes(1),
  identifier: 'www.example.com',
})

export interface Scene<W extends World> {
  readonly service: Service
  readonly world: W
  /** A provider as another replica has it. */
  provider(): DnsProvider
  ctx(signal?: AbortSignal): ProviderCtx
  readonly lines: LoggedLine[]
}

export const isFault = (made: DnsProvider | Fault): made is Fault => 'code' in made

export function credentialsOf(member: string, entries: ProviderHarness<unknown, World>['credentials']): Credentials {
  const bytes = (data: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)]))
  return new Map(Object.entries(entries).map(([path, data]) => [`${field}.${member}.${path}`, bytes(data)]))
}

export const open: Service[] = []

export async function sceneOf<S, W extends World>(harness: ProviderHarness<S, W>): Promise<Scene<W>> {
  const world = harness.world()
  const service = await Service.open(world)
  open.push(service)
  const lines: LoggedLine[] = []
  const { factory, spec, credentials, ambient } = harness
  return {
    service,
    world,
    lines,
    provider: () => {
      const made = factory.create(spec, field, credentialsOf(factory.provider, credentials))
      if (isFault(made)) throw new Error(made.message)
      return made
    },
    ctx: (signal = AbortSignal.timeout(60_000)) => contextOf({ service, signal, log: recordingLogger(lines), ambient }),
  }
}

/** Calls again while the service is not through, as its caller does when the time has come. */
export async function through(step: () => Promise<DnsChange>): Promise<DnsChange> {
  let change = await step()
  for (let again = 0; change.kind === 'later' && again < 10; again++) change = await step()
  return change
}

export const faultOf = (change: DnsChange): Fault => {
  if (change.kind !== 'deferred' && change.kind !== 'failed') throw new Error(`it is ${change.kind}`)
  return change.fault
}

export function expectSentence({ message }: Fault): void {
  expect(message).toMatch(/^\S.{30,}/)
  expect(message).not.toMatch(/undefined|NaN|\[object|\{field\}/)
}

/** Neither as they are nor as URLs or Basic credentials write them. */
export function expectNoSecrets<W extends World>(scene: Scene<W>, ...results: readonly unknown[]): void {
  const printed = JSON.stringify([results, scene.lines])
  const shapes = scene.world.secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ])
  expect(shapes.filter((secret) => printed.includes(secret))).toEqual([])
}

/** As its caller does: waits, and tries again when it was our luck. */
export async function untilDone(step: () => Promise<DnsChange>): Promise<DnsChange> {
  let change = await step()
  for (let again = 0; (change.kind === 'later' || change.kind === 'deferred') && again < 10; again++)
    change = await step()
  return change
}
