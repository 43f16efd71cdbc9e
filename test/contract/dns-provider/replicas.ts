/** Chapter of the contract of providers of DNS: replicas meet at one name. */
import { expect, it } from '@jest/globals'
import type { DnsChange, DnsProvider } from '../../../src/enroll/solvers/dns01/provider.ts'
import type { World } from '../../support/dns-providers/service.ts'
import { first, name, sceneOf, second, through, txt, untilDone } from './harness.ts'
import type { ProviderHarness, Scene } from './harness.ts'

export function replicasChapter<S, W extends World>(harness: ProviderHarness<S, W>): void {
  const together = (scene: Scene<W>, steps: readonly ((provider: DnsProvider) => Promise<DnsChange>)[]) => {
    scene.service.letMeet(steps.length)
    return Promise.all(
      steps.map((step) => {
        const provider = scene.provider()
        return untilDone(() => step(provider))
      }),
    )
  }

  it('loses no value when two replicas put one each at the same moment', async () => {
    const scene = await sceneOf(harness)
    const changes = await together(scene, [
      (provider) => provider.present(txt(first), scene.ctx()),
      (provider) => provider.present(txt(second), scene.ctx()),
    ])
    expect(changes.map(({ kind }) => kind)).toEqual(['done', 'done'])
    expect([...scene.world.values(name)].sort()).toEqual([first, second].sort())
    expect(scene.world.complaints).toEqual([])
  })

  it('loses no value when one is put while another is taken away', async () => {
    const scene = await sceneOf(harness)
    await through(() => scene.provider().present(txt(first), scene.ctx()))
    await together(scene, [
      (provider) => provider.remove(txt(first), scene.ctx()),
      (provider) => provider.present(txt(second), scene.ctx()),
    ])
    expect(scene.world.values(name)).toEqual(harness.removal === 'none' ? [first, second] : [second])
    expect(scene.world.complaints).toEqual([])
  })

  if (harness.keeps === undefined)
    it('can take away what two replicas put at the same moment', async () => {
      const scene = await sceneOf(harness)
      const put = (provider: DnsProvider): Promise<DnsChange> => provider.present(txt(), scene.ctx())
      await together(scene, [put, put])
      expect(new Set(scene.world.values(name))).toEqual(new Set([first]))
      await through(() => scene.provider().remove(txt(), scene.ctx()))
      expect(scene.world.values(name)).toEqual([])
    })
}
