/** Chapter of the contract suite: processes die between any two steps, and replies get lost. */
import { describe, expect, it } from '@jest/globals'
import type { Ticket } from '../../src/enroll/enroller.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { orderFor, throughJson, travel } from './drive.ts'
import type { Journey } from './drive.ts'
import { plainWish } from './harness.ts'
import type { NetworkTrouble, Scene } from './harness.ts'
import type { Stage } from './stage.ts'

/** What a status may hold without hurting the object it lies in. */
const mostTicketCharacters = 16_384

export function resumptionChapter<S>(stage: Stage<S>): void {
  const withNewProcesses = async (scene: Scene<S>, key: PrivateKey): Promise<Journey> =>
    travel({ scene, order: orderFor(plainWish, key), next: () => stage.enroller(scene) })

  describe('tickets and restarts', () => {
    it('survive JSON unchanged and stay small', async () => {
      const scene = await stage.open()
      const key = await generateKey(plainWish.key)
      const raw: Ticket[] = []
      const enroller = stage.enroller(scene)
      const outcome = await enroller.enroll(orderFor(plainWish, key), scene.ctx())
      if (outcome.kind === 'pending') raw.push(outcome.ticket)
      for (const ticket of raw) {
        expect(throughJson(ticket)).toEqual(ticket)
        expect(JSON.stringify(ticket).length).toBeLessThan(mostTicketCharacters)
      }
      expect(['pending', 'issued']).toContain(outcome.kind)
    })

    it('let a new process take each step, and no second certificate is issued', async () => {
      const scene = await stage.open()
      const before = scene.world.issued() ?? 0
      const journey = await withNewProcesses(scene, await generateKey(plainWish.key))
      expect(journey.last.kind).toBe('issued')
      expect((scene.world.issued() ?? before + 1) - before).toBe(1)
    })

    it('let every step be taken twice, as after a crash before the ticket was stored', async () => {
      const scene = await stage.open()
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      const before = scene.world.issued() ?? 0
      let outcome = await stage.enroller(scene).enroll(order, scene.ctx())
      for (let step = 0; outcome.kind === 'pending' && step < 60; step++) {
        scene.clock.advanceTo(outcome.wakeAt)
        const ticket = throughJson(outcome.ticket)
        await stage.enroller(scene).poll(ticket, order, scene.ctx())
        outcome = await stage.enroller(scene).poll(ticket, order, scene.ctx())
      }
      expect(outcome.kind).toBe('issued')
      expect((scene.world.issued() ?? before + 1) - before).toBe(1)
    })

    it('are refused or deferred with a fault, never with an exception, when a ticket is not ours', async () => {
      const scene = await stage.open()
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      const strange: readonly Ticket[] = [
        { version: 99, phase: 'unheard-of', state: {} },
        { version: 1, phase: '', state: { url: 'http://169.254.169.254/', list: [1, null, { a: true }] } },
      ]
      for (const ticket of strange) {
        const outcome = await stage.enroller(scene).poll(ticket, order, scene.ctx())
        expect(['pending', 'issued', 'refused', 'deferred', 'blocked']).toContain(outcome.kind)
      }
    })

    it('can be abandoned at any step', async () => {
      const scene = await stage.open()
      const enroller = stage.enroller(scene)
      const outcome = await enroller.enroll(orderFor(plainWish, await generateKey(plainWish.key)), scene.ctx())
      if (outcome.kind !== 'pending') return expect(outcome.kind).toBe('issued')
      await enroller.abandon?.(throughJson(outcome.ticket), scene.ctx())
      await enroller.abandon?.(throughJson(outcome.ticket), scene.ctx())
      expect(scene.board.answers).toEqual([])
    })
  })

  if (stage.harness.overNetwork) lossChapter(stage)
}

function lossChapter<S>(stage: Stage<S>): void {
  const losses: Readonly<Record<string, NetworkTrouble>> = {
    'the request never arrives': { kind: 'down' },
    'the reply is lost after the CA acted': { kind: 'losesReply' },
    'a proxy answers 502 in its place': { kind: 'answers', status: 502, body: Buffer.from('<html>Bad Gateway</html>') },
  }
  describe.each(Object.entries(losses))('any one exchange may fail: %s', (_words, trouble) => {
    it('and the certificate still arrives, with at most one issued in vain', async () => {
      const exchanges = await countExchanges(stage)
      for (let at = 0; at < exchanges; at++) {
        const scene = await stage.open()
        const before = scene.world.issued() ?? 0
        scene.http.breakOnce(scene.http.count + at, trouble)
        const order = orderFor(plainWish, await generateKey(plainWish.key))
        const journey = await travel({ scene, order, next: () => stage.enroller(scene) })
        expect([at, journey.last.kind]).toEqual([at, 'issued'])
        expect((scene.world.issued() ?? 0) - before).toBeLessThanOrEqual(2)
      }
    })
  })
}

async function countExchanges<S>(stage: Stage<S>): Promise<number> {
  const scene = await stage.open()
  const before = scene.http.count
  await travel({
    scene,
    order: orderFor(plainWish, await generateKey(plainWish.key)),
    next: () => stage.enroller(scene),
  })
  return scene.http.count - before
}
