/** Steps that tests of list and watch share. */
import { afterEach, beforeEach, expect } from '@jest/globals'
import { seconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { makeWorld, widget, widgets } from './world.ts'
import type { World } from './world.ts'

export interface Scene {
  /** Waits until so many watches are open. */
  readonly expectWatches: (count?: number) => Promise<void>
  /** Waits until the store holds exactly this, as `key=size`. */
  readonly expectHeld: (...expected: readonly string[]) => Promise<void>
  readonly put: (name: string, size: number, namespace?: string) => void
  readonly remove: (name: string) => void
  /** Reasons of warnings so far. */
  readonly warnings: () => readonly unknown[]
  /** Waits for the pause before the next try, lets it pass, and waits for the try. Resolves with the length of the pause. */
  readonly expectRetry: (verb: 'list' | 'watch') => Promise<Duration>
}

/** A timer that fires sooner is no deadline of a request or a watch, but the wait before the next try. */
const shortestDeadline = seconds(30)

/** Makes a world for each test, and ends it. */
export function useScene(enter: (world: World) => void): Scene {
  let world: World
  beforeEach(async () => {
    world = await makeWorld()
    enter(world)
  })
  afterEach(() => world.end())
  return {
    expectWatches: async (count = 1) => {
      await until(() => world.api.watches.open.length === count)
      expect(world.api.watches.open).toHaveLength(count)
    },
    expectHeld: async (...expected) => {
      await until(() => world.held().join() === expected.join())
      expect(world.held()).toEqual(expected)
    },
    put: (name, size, namespace = 'team') => void world.api.objects.put(widgets, widget(name, size, namespace)),
    remove: (name) => void world.api.objects.delete({ collection: widgets, namespace: 'team', name }),
    warnings: () => world.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['reason']),
    expectRetry: async (verb) => {
      await until(() => (world.clock.next ?? shortestDeadline) < shortestDeadline)
      const wait = world.clock.next ?? shortestDeadline
      await turns(20)
      const before = world.api.count(verb)
      world.clock.advance(wait)
      await until(() => world.api.count(verb) > before)
      expect(world.api.count(verb)).toBe(before + 1)
      return wait
    },
  }
}
