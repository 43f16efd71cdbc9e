/** Chapter of the contract suite: CAs that refuse, break, stall or lie. Outcomes are values, whatever comes back. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Ctx, Enroller, Order, Outcome } from '../../src/enroll/enroller.ts'
import { assembleChain } from '../../src/pki/chain.ts'
import { generateKey } from '../../src/pki/key.ts'
import { minutes, plus } from '../../src/std/time.ts'
import { orderFor, throughJson, travel } from './drive.ts'
import { plainWish } from './harness.ts'
import type { NetworkTrouble, Scene } from './harness.ts'
import { expectSentence, faultOf } from './stage.ts'
import type { Stage } from './stage.ts'

export function troubleChapter<S>(stage: Stage<S>): void {
  describe('a CA in trouble', () => {
    if (stage.harness.troubles.includes('refuses')) itRefuses(stage)
    if (stage.harness.troubles.includes('answersForAnotherKey')) itLies(stage)

    it('ends a call whose signal was aborted before it began', async () => {
      const scene = await stage.open()
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      const ended = await settle(stage.enroller(scene).enroll(order, scene.ctx(AbortSignal.abort())))
      expect(['deferred', 'threw']).toContain(ended)
    })
  })
  if (stage.harness.overNetwork) networkChapter(stage)
}

function itRefuses<S>(stage: Stage<S>): void {
  it('ends in a fault with a sentence when the CA refuses', async () => {
    const scene = await stage.open()
    scene.world.become('refuses')
    const outcome = await firstFailure(stage, scene)
    expect(['refused', 'blocked']).toContain(outcome.kind)
    expectSentence(faultOf(outcome))
  })
}

function itLies<S>(stage: Stage<S>): void {
  it('is found out when it answers for another key: by the enroller, or by whoever assembles the chain', async () => {
    const scene = await stage.open()
    scene.world.become('answersForAnotherKey')
    const key = await generateKey(plainWish.key)
    const outcome = await firstFailure(stage, scene, orderFor(plainWish, key))
    if (outcome.kind !== 'issued') return expectSentence(faultOf(outcome))
    const path = assembleChain({ certificates: outcome.chain, publicKeyHash: key.publicKeyHash })
    expect(path).toEqual({ ok: false, error: expect.stringMatching(/\S{3}/) })
  })
}

/** Enrolls until something other than waiting happens. */
async function firstFailure<S>(stage: Stage<S>, scene: Scene<S>, given?: Order): Promise<Outcome> {
  const order = given ?? orderFor(plainWish, await generateKey(plainWish.key))
  let outcome = await stage.enroller(scene).enroll(order, scene.ctx())
  for (let step = 0; outcome.kind === 'pending' && step < 60; step++) {
    scene.clock.advanceTo(outcome.wakeAt)
    outcome = await stage.enroller(scene).poll(throughJson(outcome.ticket), order, scene.ctx())
  }
  return outcome
}

const settle = (call: Promise<Outcome>): Promise<Outcome['kind'] | 'threw'> =>
  call.then(
    (outcome) => outcome.kind,
    () => 'threw' as const,
  )

function networkChapter<S>(stage: Stage<S>): void {
  const html = { kind: 'answers', status: 200, body: Buffer.from('<html>Sign in to the hotel</html>') } as const
  const troubles: Readonly<Record<string, NetworkTrouble>> = {
    'is down': { kind: 'down' },
    'answers a captive portal page': html,
    'answers nothing': { kind: 'answers', status: 200, body: new Uint8Array() },
    'answers 404 to everything': { kind: 'answers', status: 404, body: new Uint8Array() },
    'answers 500 to everything': { kind: 'answers', status: 500, body: Buffer.from('boom') },
    'redirects everything': { kind: 'answers', status: 302, body: new Uint8Array() },
  }
  describe('a network in trouble', () => {
    it.each(Object.entries(troubles))(
      'is told in a sentence by prepare and enroll: the CA %s',
      async (_words, trouble) => {
        const scene = await stage.openUnprepared()
        scene.http.breakWith(trouble)
        const readiness = await stage.enroller(scene).prepare(scene.ctx())
        expectSentence(faultOf(readiness))
        const outcome = await firstFailure(stage, scene)
        expect(['deferred', 'blocked', 'refused']).toContain(outcome.kind)
        expectSentence(faultOf(outcome))
      },
    )

    it.each(Object.entries(troubles))(
      'is outlived by an enrollment in flight: the CA %s for a while',
      async (_words, trouble) => {
        const scene = await stage.open()
        const order = orderFor(plainWish, await generateKey(plainWish.key))
        const begun = await stage.enroller(scene).enroll(order, scene.ctx())
        if (begun.kind !== 'pending') return expect(begun.kind).toBe('issued')
        scene.clock.advanceTo(begun.wakeAt)
        scene.http.breakWith(trouble)
        const during = await stage.enroller(scene).poll(throughJson(begun.ticket), order, scene.ctx())
        expect(during.kind).not.toBe('issued')
        scene.http.breakWith(undefined)
        const retried = during.kind === 'pending' || during.kind === 'deferred' ? { begun: during } : {}
        const { last } = await travel({ scene, order, next: () => stage.enroller(scene), ...retried })
        expect(last.kind).toBe('issued')
      },
    )

    it.each([429, 503])('honours the Retry-After of a %i', async (status) => {
      const scene = await stage.open()
      const retryAfter = plus(scene.clock.now(), minutes(7))
      scene.http.breakWith({ kind: 'answers', status, body: Buffer.from('busy'), retryAfter })
      const outcome = await firstFailure(stage, scene)
      expect(outcome).toMatchObject({ kind: 'deferred' })
      expect('wakeAt' in outcome ? outcome.wakeAt : undefined).toBeGreaterThanOrEqual(retryAfter)
    })

    it('ends a call promptly when its signal aborts while the CA hangs', async () => {
      const scene = await stage.open()
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      scene.http.breakWith({ kind: 'hangs' })
      const controller = new AbortController()
      const call = settle(stage.enroller(scene).enroll(order, scene.ctx(controller.signal)))
      const probe = settleReadiness(stage.enroller(scene), scene.ctx(controller.signal))
      controller.abort()
      expect(['deferred', 'threw']).toContain(await call)
      expect(['notReady', 'threw']).toContain(await probe)
    })

    it('gives a value for any reply at all', async () => {
      const scene = await stage.open()
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      await fc.assert(
        fc.asyncProperty(anyReply, async (reply) => {
          await expectValues(stage.enroller(scene), { scene, order, reply })
        }),
        { numRuns: 60 },
      )
    })
  })
}

const settleReadiness = (enroller: Enroller, ctx: Ctx): Promise<string> =>
  enroller.prepare(ctx).then(
    (readiness) => readiness.kind,
    () => 'threw',
  )

const anyReply: fc.Arbitrary<NetworkTrouble> = fc.record({
  kind: fc.constant('answers' as const),
  status: fc.constantFrom(200, 201, 202, 204, 304, 400, 401, 403, 404, 409, 429, 500, 503),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  ),
})

async function expectValues<S>(
  enroller: Enroller,
  { scene, order, reply }: { readonly scene: Scene<S>; readonly order: Order; readonly reply: NetworkTrouble },
): Promise<void> {
  scene.http.breakWith(undefined)
  const begun = await enroller.enroll(order, scene.ctx())
  scene.http.breakWith(reply)
  const fresh = await enroller.enroll(order, scene.ctx())
  expect(fresh.kind).not.toBe('issued')
  if (begun.kind !== 'pending') return
  scene.clock.advanceTo(begun.wakeAt)
  const polled = await enroller.poll(throughJson(begun.ticket), order, scene.ctx())
  expect(polled.kind).not.toBe('issued')
}
