/** Chapter of the contract suite: what must never be printed, and what must never be waited for. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { generateKey } from '../../src/pki/key.ts'
import { orderFor, travel } from './drive.ts'
import { plainWish } from './harness.ts'
import type { NetworkTrouble, Scene } from './harness.ts'
import type { Stage } from './stage.ts'

const rudeReply: NetworkTrouble = { kind: 'answers', status: 500, body: Buffer.from('internal error') }

export function secrecyChapter<S>(stage: Stage<S>): void {
  describe('secrets', () => {
    it('appear in no ticket, outcome, readiness, detail or log line of an enrollment', async () => {
      const scene = await stage.open()
      const key = await generateKey(plainWish.key)
      const readiness = await stage.enroller(scene).prepare(scene.ctx())
      const journey = await travel({ scene, order: orderFor(plainWish, key), next: () => stage.enroller(scene) })
      const printed = JSON.stringify({ readiness, outcomes: journey.outcomes, tickets: journey.tickets })
      expectFree(`${printed}\n${scene.log.text}`, secretsOf(scene, key.toPem('PKCS8')))
    })

    it('appear in no fault and no log line when things go wrong', async () => {
      const scene = await stage.open()
      const key = await generateKey(plainWish.key)
      scene.http.breakWith(rudeReply)
      scene.world.become('refuses')
      const readiness = await stage.enroller(scene).prepare(scene.ctx())
      const outcome = await stage.enroller(scene).enroll(orderFor(plainWish, key), scene.ctx())
      expectFree(`${JSON.stringify({ readiness, outcome })}\n${scene.log.text}`, secretsOf(scene, key.toPem('PKCS8')))
    })
  })

  if (stage.harness.overNetwork) strangerChapter(stage)

  describe('time', () => {
    const timers: string[] = []
    beforeEach(() => {
      timers.length = 0
      const { setTimeout, setInterval } = globalThis
      const record = (name: string): number => timers.push(new Error(name).stack ?? '')
      jest.spyOn(globalThis, 'setTimeout').mockImplementation((...args) => {
        record('setTimeout')
        return setTimeout(...args)
      })
      jest.spyOn(globalThis, 'setInterval').mockImplementation((...args) => {
        record('setInterval')
        return setInterval(...args)
      })
    })
    afterEach(() => {
      jest.restoreAllMocks()
    })

    it('is never slept away: no call of the protocol starts a timer', async () => {
      const scene = await stage.open()
      const key = await generateKey(plainWish.key)
      await travel({ scene, order: orderFor(plainWish, key), next: () => stage.enroller(scene) })
      expect(timers.filter((stack) => /\/src\/(enroll|pki)\//.test(stack))).toEqual([])
    })
  })
}

/** A web server that is no CA: whoever may write an issuer chose it, perhaps because they may not read it themselves. */
function strangerChapter<S>(stage: Stage<S>): void {
  const words = 'root:hunter2 of the intranet'
  const json = JSON.stringify({ type: 'about:blank', title: words, detail: words, message: words, error: words })
  describe('what a server says that is no CA', () => {
    it.each(
      [200, 202, 400, 401, 403, 404, 429, 500].flatMap((status) => [
        [status, 'text/html', `<html><title>${words}</title>${words}</html>`] as const,
        [status, 'text/plain', words] as const,
        [status, 'application/json', json] as const,
        [status, 'application/problem+json', json] as const,
      ]),
    )('is not repeated, not even the words of its refusals: %i in %s', async (status, type, body) => {
      const scene = await stage.openUnprepared()
      scene.http.breakWith({ kind: 'answers', status, type, body: Buffer.from(body) })
      const readiness = await stage.enroller(scene).prepare(scene.ctx())
      const outcome = await stage
        .enroller(scene)
        .enroll(orderFor(plainWish, await generateKey(plainWish.key)), scene.ctx())
      // What is for the log alone is called evidence.
      const shown = JSON.stringify({ readiness, outcome }, (name, value: unknown) => (name === 'evidence' ? '' : value))
      expect(shown).not.toMatch(/hunter2|intranet/)
    })
  })
}

/** Every spelling of what must stay hidden: as it is, and the parts of a PEM block that mean something. */
function secretsOf<S>(scene: Scene<S>, pem: string): readonly string[] {
  const whole = [pem, ...scene.world.secrets, ...scene.vault.values()]
  const lines = whole.flatMap((text) => text.split('\n')).filter((line) => line.length > 20 && !line.startsWith('---'))
  return [...lines, ...scene.world.secrets]
}

function expectFree(printed: string, secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(0)
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([])
  expect(printed).not.toMatch(/PRIVATE KEY|"d":/)
}
