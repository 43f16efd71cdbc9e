/** What the chart makes for the page of the inventory. */
import { describe, expect, it } from '@jest/globals'
import { readConfig } from '../../src/config.ts'
import { at, render } from '../support/helm.ts'
import type { Rendered } from '../support/helm.ts'

const named = (objects: readonly Rendered[]): readonly string[] =>
  objects
    .filter(({ metadata }) => metadata.name.endsWith('-web'))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`.trim())

const ruleOf = (object: Rendered | undefined): string => JSON.stringify(object?.['rules'])

const argumentsIn = (objects: readonly Rendered[]): readonly string[] => {
  const deployment = objects.find(({ kind }) => kind === 'Deployment')
  return at(deployment, 'spec.template.spec.containers.0.args') as readonly string[]
}

describe('the chart', () => {
  it('serves no page and gives no right for it unless told to', async () => {
    const objects = await render()
    expect(named(objects)).toEqual([])
    expect(JSON.stringify(objects)).not.toContain('tokenreviews')
    expect(argumentsIn(objects)).toContain('--web-address=off')
  })

  it('serves it with the rights that it needs', async () => {
    const objects = await render({ web: { enabled: true, inventory: 'secrets' } })
    expect(named(objects)).toEqual(['ClusterRole', 'ClusterRoleBinding', 'Service perennial'])
    const role = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'perennial-web')
    for (const right of ['tokenreviews', 'subjectaccessreviews', 'events', 'pods'])
      expect(ruleOf(role)).toContain(right)
    expect(ruleOf(role)).not.toContain('configmaps')
    expect(readConfig(argumentsIn(objects), {})).toMatchObject({
      ok: true,
      value: { webAddress: ':8090', inventory: 'secrets' },
    })
    const policy = objects.find(({ kind }) => kind === 'NetworkPolicy')
    expect(JSON.stringify(policy)).toContain('8090')
  })

  it('reads only the namespaces that it looks after', async () => {
    const objects = await render({ namespaces: ['shop'], web: { enabled: true, inventory: 'all' } })
    expect(named(objects)).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'Role shop',
      'RoleBinding shop',
      'Service perennial',
    ])
    const ofCluster = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'perennial-web')
    expect(ruleOf(ofCluster)).not.toContain('pods')
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'perennial-web')
    expect(ruleOf(role)).toContain('configmaps')
  })
})
