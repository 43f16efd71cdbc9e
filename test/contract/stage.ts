/** What the chapters of the contract suite share: scenes that close themselves, keys, and judgements. */
import { afterEach, expect } from '@jest/globals'
import { faultTable } from '../../src/domain/fault.ts'
import type { Fault } from '../../src/domain/fault.ts'
import type { Wanted } from '../../src/domain/wanted.ts'
import type { Enroller, Outcome } from '../../src/enroll/enroller.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { assembleChain } from '../../src/pki/chain.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import { orderFor, travel } from './drive.ts'
import type { Journey } from './drive.ts'
import { plainWish, Scene } from './harness.ts'
import type { Harness } from './harness.ts'

/** When every scene begins. */
const start = instant(Date.UTC(2026, 10, 23, 12, 0, 0))

export interface Stage<S> {
  readonly harness: Harness<S>
  /** A scene with an issuer that has been prepared, as the controllers do before they enroll. */
  open(): Promise<Scene<S>>
  /** A scene nobody has touched. */
  openUnprepared(): Promise<Scene<S>>
  /** The enroller of a process that has just started. */
  enroller(scene: Scene<S>): Enroller
  /** Enrolls with one enroller from beginning to end. */
  issue(scene: Scene<S>, wanted?: Wanted): Promise<Issued>
}

export interface Issued {
  readonly journey: Journey
  readonly key: PrivateKey
  readonly chain: readonly Der[]
  readonly leaf: Der
}

/** Closes every scene after each test. */
export function stageFor<S>(harness: Harness<S>): Stage<S> {
  const scenes: Scene<S>[] = []
  afterEach(async () => {
    for (const scene of scenes.splice(0)) await scene.world.close()
  })
  const openUnprepared = async (): Promise<Scene<S>> => {
    const scene = new Scene(await harness.open(start), start)
    scenes.push(scene)
    return scene
  }
  const enroller = (scene: Scene<S>): Enroller => enrollerOf(harness, scene)
  const open = async (): Promise<Scene<S>> => {
    const scene = await openUnprepared()
    const readiness = await enroller(scene).prepare(scene.ctx())
    if (readiness.kind !== 'ready') throw new Error(`the fake CA is not ready: ${readiness.fault.message}`)
    return scene
  }
  const issue = async (scene: Scene<S>, wanted: Wanted = plainWish): Promise<Issued> => {
    const key = await generateKey(wanted.key)
    const one = enroller(scene)
    const journey = await travel({ scene, order: orderFor(wanted, key), next: () => one })
    return { journey, key, ...issuedParts(journey.last, key) }
  }
  return { harness, open, openUnprepared, enroller, issue }
}

function enrollerOf<S>({ factory }: Harness<S>, { world }: Scene<S>): Enroller {
  const made = factory.create(world.spec, world.credentials)
  if ('code' in made) throw new Error(`the factory refused good credentials: ${made.message}`)
  return made
}

function issuedParts(outcome: Outcome, key: PrivateKey): { readonly chain: readonly Der[]; readonly leaf: Der } {
  if (outcome.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(outcome)}`)
  const path = assembleChain({ certificates: outcome.chain, publicKeyHash: (outcome.key ?? key).publicKeyHash })
  if (!path.ok) throw new Error(`the chain does not hold together: ${path.error}`)
  return { chain: outcome.chain, leaf: path.value.leaf }
}

export function factsOf(der: Der): Extract<ReturnType<typeof certificateFacts>, { ok: true }>['value'] {
  const facts = certificateFacts(der)
  if (!facts.ok) throw new Error(facts.error)
  return facts.value
}

/** A fault that a person can act on: a known code, one sentence, nothing of the machinery. */
export function expectSentence(fault: Fault): void {
  expect(Object.keys(faultTable)).toContain(fault.code)
  expect(fault.message).toMatch(/^\S.{15,600}$/)
  expect(fault.message).not.toMatch(/\bat \S+\.[jt]s:\d+|undefined|\[object|TypeError|Error:/)
}

/** The fault of an outcome that is a failure; anything else fails the test. */
export function faultOf(outcome: { readonly kind: string; readonly fault?: Fault }): Fault {
  if (outcome.fault === undefined) throw new Error(`expected a fault, got ${outcome.kind}`)
  return outcome.fault
}
