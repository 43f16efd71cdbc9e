/** Chapter of the contract of providers of DNS: what only a person can mend is named. */
import { expect, it } from '@jest/globals'
import type { World } from '../../support/dns-providers/service.ts'
import { credentialsOf, expectNoSecrets, expectSentence, faultOf, field, isFault, sceneOf, txt } from './harness.ts'
import type { ProviderHarness, Scene } from './harness.ts'

export function refusalsChapter<S, W extends World>(harness: ProviderHarness<S, W>): void {
  const { revoke, dropZone, factory } = harness
  const attempts = {
    present: (scene: Scene<W>) => scene.provider().present(txt(), scene.ctx()),
    remove: (scene: Scene<W>) => scene.provider().remove(txt(), scene.ctx()),
  }

  if (revoke !== undefined)
    it.each(Object.entries(attempts))('names the credentials that are refused: %s', async (action, attempt) => {
      const scene = await sceneOf(harness)
      if (harness.removal === 'none' && action === 'remove') return
      revoke(scene.world)
      const change = await attempt(scene)
      expect(change.kind).toBe('failed')
      expect(faultOf(change).code).toMatch(/^Credentials/)
      expect(faultOf(change).message).toContain(field)
      expectSentence(faultOf(change))
      expectNoSecrets(scene, change)
    })

  if (dropZone !== undefined)
    it.each(Object.entries(attempts))('says that the zone is not there: %s', async (_action, attempt) => {
      const scene = await sceneOf(harness)
      dropZone(scene.world)
      const change = await attempt(scene)
      expect(change).toMatchObject({ kind: 'failed', fault: { code: 'Misconfigured' } })
      expectSentence(faultOf(change))
      expect(faultOf(change).message).toContain(`${field}.${factory.provider}`)
    })

  if (factory.needs(harness.spec, field).length > 0)
    it.each(['', '\u0000\u0001', 'one\ntwo', 'pässword', '{"a":1}'])('names the Secret whose entry is %j', (text) => {
      const entries = Object.entries(harness.credentials).map(([path, data]) => [
        path,
        Object.fromEntries(Object.keys(data).map((key) => [key, text])),
      ])
      const broken = credentialsOf(factory.provider, Object.fromEntries(entries) as typeof harness.credentials)
      const made = factory.create(harness.spec, field, broken)
      if (!isFault(made)) return expect(text).toBe('{"a":1}')
      expect(made.code).toMatch(/^Credentials|^Misconfigured/)
      expect(made.message).toContain(`${field}.${factory.provider}.`)
    })

  it('needs the Secrets that its spec names, by their paths', () => {
    const needs = factory.needs(harness.spec, field)
    const named = Object.keys(harness.credentials).map((path) => `${field}.${factory.provider}.${path}`)
    expect(needs.map((need) => need.field)).toEqual(named)
  })
}
