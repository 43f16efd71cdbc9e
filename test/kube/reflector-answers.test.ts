/** List and watch when what arrives is not what was asked for, is old, or meets code of ours that throws. */
import { describe, expect, it } from '@jest/globals'
import { seconds } from '../../src/std/time.ts'
import { failure, proxyPage } from '../support/fakeapi/faults.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { useScene } from './scene.ts'
import { project, widget, widgets } from './world.ts'
import type { Widget, WidgetProjection, World } from './world.ts'

let world: World
const { expectHeld, expectRetry, expectWatches, put, remove, warnings } = useScene((made) => {
  world = made
})

const one = { collection: widgets, namespace: 'team', name: 'one' }

describe('answers that are not what was asked for', () => {
  it('passes over an event of a type from the future', async () => {
    void world.reflect()
    await expectWatches()
    world.api.watches.only.event('SHINY', { metadata: { resourceVersion: '101' } })
    world.api.watches.only.event('SHINY', {})
    put('one', 1)
    await expectHeld('team/one=1')
    expect(world.api.count('watch')).toBe(1)
  })

  it.each([
    ['no JSON', '<html>\n'],
    ['no object', '5\n'],
    ['an event without an object', '{"type":"ADDED"}\n'],
    ['an object without a name', '{"type":"ADDED","object":{"metadata":{}}}\n'],
  ])('lists again when a line of the watch is %s, and keeps it out of the log', async (_, line) => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    world.api.watches.only.write(line)
    await expectRetry('list')
    await expectWatches()
    expect(world.held()).toEqual(['team/one=1'])
    expect(JSON.stringify(warnings())).not.toContain('html')
  })

  it.each([200, 302, 502])(
    'keeps trying while a proxy answers lists with a page of its own and status %d',
    async (status) => {
      put('one', 1)
      world.api.next('list', proxyPage(status), proxyPage(status))
      void world.reflect()
      await expectRetry('list')
      await expectRetry('list')
      await expectHeld('team/one=1')
    },
  )

  it('takes a line of 2 MB', async () => {
    void world.reflect()
    await expectWatches()
    world.api.objects.put(widgets, { ...widget('big', 3), filler: 'x'.repeat(2_000_000) })
    await expectHeld('team/big=3')
  })

  it('lists instead when a line is larger than is bearable', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    world.api.watches.only.write(`{"type":"ADDED","object":{"filler":"${'x'.repeat(5_000_000)}`)
    await until(() => world.api.watches.open.length === 0)
    put('one', 2)
    await expectRetry('list')
    await expectHeld('team/one=2')
  })

  it.each([500, 503])('keeps trying while lists fail with %d', async (status) => {
    put('one', 1)
    world.api.next('list', failure(status, 'InternalError'), failure(status, 'InternalError'))
    void world.reflect()
    await expectRetry('list')
    await expectRetry('list')
    await expectHeld('team/one=1')
  })

  it('lists when watches fail time after time from the same version', async () => {
    world.api.next('watch', ...Array.from({ length: 3 }, () => failure(500, 'InternalError')))
    void world.reflect()
    await expectRetry('watch')
    await expectRetry('watch')
    await expectRetry('list')
    await expectWatches()
  })
})

describe('old news', () => {
  it('changes nothing when events are repeated or come late', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    const old = world.api.objects.get(one)
    put('one', 2)
    await expectHeld('team/one=2')
    world.api.watches.only.event('MODIFIED', old)
    world.api.watches.only.event('DELETED', old)
    put('two', 1)
    await expectHeld('team/one=2', 'team/two=1')
  })

  it('does not bring back what was deleted', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    const old = world.api.objects.get(one)
    remove('one')
    await expectHeld()
    world.api.watches.only.event('MODIFIED', old)
    put('two', 1)
    await expectHeld('team/two=1')
  })

  it('does not set the version back, so that the next watch starts where the last one ended', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    put('two', 1)
    await expectHeld('team/one=1', 'team/two=1')
    world.api.watches.only.event('SHINY', { metadata: { resourceVersion: '99' } })
    await turns()
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await expectWatches()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe(`${world.api.objects.revision}`)
  })

  it('does not project again what the store holds, as when our own write comes back', async () => {
    const projected: string[] = []
    const counting = (object: Widget): WidgetProjection => {
      projected.push(`${object.metadata.name}@${object.metadata.resourceVersion}`)
      return project(object)
    }
    put('one', 1)
    void world.reflect({ project: counting })
    await expectWatches()
    world.api.watches.isDeaf = true
    const ref = { namespace: 'team', name: 'one' }
    const written = await world.resource.mergePatch(ref, { spec: { size: 9 } }, world.ending.signal)
    world.store.overlay('team/one', project(written))
    world.api.watches.isDeaf = false
    world.api.watches.only.event('MODIFIED', written)
    put('two', 1)
    await expectHeld('team/one=9', 'team/two=1')
    expect(projected.map((version) => version.replace(/@.*/, ''))).toEqual(['one', 'two'])
  })
})

describe('code of ours that throws', () => {
  it('a projection that throws for one object loses that object and no other, in lists and in watches', async () => {
    const picky = (object: Widget): WidgetProjection => {
      if (object.spec?.size === 13) throw new Error('unlucky')
      return project(object)
    }
    put('bad', 13)
    put('good', 1)
    void world.reflect({ project: picky })
    await expectWatches()
    expect(world.held()).toEqual(['team/good=1'])
    put('good', 13)
    put('other', 2)
    await expectHeld('team/good=1', 'team/other=2')
    expect(world.log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['key'])).toEqual([
      'team/bad',
      'team/good',
    ])
  })

  it('a listener that throws does not keep the news from the others, nor end the watch', async () => {
    const heard: string[] = []
    world.store.subscribe(() => {
      throw new Error('a bug')
    })
    world.store.subscribe((key) => void heard.push(key))
    void world.reflect()
    await expectWatches()
    put('one', 1)
    put('two', 1)
    await expectHeld('team/one=1', 'team/two=1')
    expect(heard).toEqual(['team/one', 'team/two'])
    expect(world.api.count('watch')).toBe(1)
    expect(world.log.lines.map(({ message }) => message)).toContain('a listener of the cache threw; this is a bug')
  })
})
