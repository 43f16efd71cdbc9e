/** Chapter of the contract of providers of DNS: values come and go, and those of others stay. */
import { expect, it } from '@jest/globals'
import type { World } from '../../support/dns-providers/service.ts'
import { expectNoSecrets, first, name, sceneOf, second, third, through, txt } from './harness.ts'
import type { ProviderHarness } from './harness.ts'

export function valuesChapter<S, W extends World>(harness: ProviderHarness<S, W>): void {
  const gone = harness.removal !== 'none'

  it('puts a value at the name, and takes it away', async () => {
    const scene = await sceneOf(harness)
    const provider = scene.provider()
    expect(await through(() => provider.present(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    expect(scene.world.values(name)).toEqual([first])
    expect(await through(() => provider.remove(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    if (gone) expect(scene.world.values(name)).toEqual([])
    expect(scene.world.complaints).toEqual([])
    expectNoSecrets(scene)
  })

  it('puts a value once, however often it is asked to', async () => {
    const scene = await sceneOf(harness)
    const provider = scene.provider()
    for (let times = 0; times < 3; times++)
      expect(await through(() => provider.present(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    expect(await through(() => scene.provider().present(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    expect(scene.world.values(name)).toEqual([first])
    expect(scene.world.complaints).toEqual([])
  })

  it('keeps several values at one name, and takes away one of them', async () => {
    const scene = await sceneOf(harness)
    const values = [first, second, third].slice(0, harness.keeps ?? 3)
    for (const value of values) await through(() => scene.provider().present(txt(value), scene.ctx()))
    expect([...scene.world.values(name)].sort()).toEqual([...values].sort())
    if (!gone) return
    expect(await through(() => scene.provider().remove(txt(first), scene.ctx()))).toEqual({ kind: 'done' })
    expect([...scene.world.values(name)].sort()).toEqual(values.slice(1).sort())
    expect(scene.world.complaints).toEqual([])
  })

  it('leaves values of others alone, and the same value at other names', async () => {
    const scene = await sceneOf(harness)
    scene.world.put(name, 'v=spf1 -all')
    const other = '_acme-challenge.api.example.com'
    if (harness.keeps === undefined) await through(() => scene.provider().present(txt(first, other), scene.ctx()))
    await through(() => scene.provider().present(txt(), scene.ctx()))
    await through(() => scene.provider().remove(txt(), scene.ctx()))
    expect(scene.world.values(name)).toContain('v=spf1 -all')
    if (harness.keeps === undefined) expect(scene.world.values(other)).toEqual([first])
    expect(scene.world.complaints).toEqual([])
  })

  it('finds nothing to do where the value is gone already', async () => {
    const scene = await sceneOf(harness)
    const provider = scene.provider()
    expect(await through(() => provider.remove(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    await through(() => provider.present(txt(second), scene.ctx()))
    expect(await through(() => provider.remove(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    expect(await through(() => provider.remove(txt(), scene.ctx()))).toEqual({ kind: 'done' })
    expect(scene.world.values(name)).toEqual([second])
    expect(scene.world.complaints).toEqual([])
  })

  if (harness.keeps !== undefined) return
  it('finds its value among many, page after page', async () => {
    const scene = await sceneOf(harness)
    for (let index = 0; index < 12; index++) scene.world.put(name, `other-${index}`)
    await through(() => scene.provider().present(txt(), scene.ctx()))
    await through(() => scene.provider().present(txt(), scene.ctx()))
    expect(scene.world.values(name).filter((value) => value === first)).toHaveLength(1)
    await through(() => scene.provider().remove(txt(), scene.ctx()))
    expect(scene.world.values(name)).toHaveLength(12)
    expect(scene.world.complaints).toEqual([])
  })
}
