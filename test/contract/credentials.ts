/** Chapter of the contract suite: Secrets that cannot work are told in a sentence, before anything is asked of the CA. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { CredentialNeed, Credentials } from '../../src/enroll/enroller.ts'
import { expectSentence } from './stage.ts'
import type { Stage } from './stage.ts'

export function credentialsChapter<S>(stage: Stage<S>): void {
  const { factory } = stage.harness

  describe('credentials', () => {
    it('are named by the path in the spec, so that a sentence can point there', async () => {
      const { world } = await stage.open()
      for (const need of factory.needs(world.spec)) {
        expect(need.field).toMatch(/^spec\.[a-zA-Z0-9.[\]]+$/)
        expect(need.secretName).toMatch(/\S/)
      }
    })

    it('of any content give an enroller or a fault with a sentence, never an exception', async () => {
      const { world } = await stage.open()
      const needs = factory.needs(world.spec)
      fc.assert(
        fc.property(anyCredentials(needs), (credentials) => {
          const made = factory.create(world.spec, credentials)
          if ('code' in made) expectSentence(made)
        }),
        { numRuns: 60 },
      )
    })

    it('with one entry garbled give an enroller or a fault that names no content', async () => {
      const { world } = await stage.open()
      for (const garbled of garblings(world.credentials)) {
        const made = factory.create(world.spec, garbled)
        if (!('code' in made)) continue
        expectSentence(made)
        expect(made.message).not.toContain(marker)
      }
    })
  })
}

const marker = 'c2VjcmV0LW1hcmtlcg'

function anyCredentials(needs: readonly CredentialNeed[]): fc.Arbitrary<Credentials> {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string().map((text) => new TextEncoder().encode(text)),
  )
  const secrets = needs.map(({ keys }) =>
    fc
      .array(fc.tuple(fc.constantFrom(...keys, 'other'), content), { maxLength: 4 })
      .map(Object.fromEntries<Uint8Array>),
  )
  return fc.tuple(...secrets).map((all) => new Map(needs.map((need, i) => [need.field, all[i] ?? {}])))
}

/** The good credentials with one entry at a time replaced by something a tired person might paste. */
function garblings(good: Credentials): readonly Credentials[] {
  const pastes = ['', marker, `-----BEGIN CERTIFICATE-----\n${marker}\n-----END CERTIFICATE-----\n`, '\u0000\u0001']
  return [...good].flatMap(([field, data]) =>
    Object.keys(data).flatMap((key) =>
      pastes.map((paste) => new Map([...good, [field, { ...data, [key]: Buffer.from(paste) }]])),
    ),
  )
}
