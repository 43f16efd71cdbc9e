import { describe, expect, it } from '@jest/globals'
import { momentOf, secretsReadBy } from '../../../src/web/readings.ts'
import type { ClusterEvent, Pod } from '../../../src/web/readings.ts'

const pod = (spec: NonNullable<Pod['spec']>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec,
})

describe('what a pod reads', () => {
  it.each<[string, NonNullable<Pod['spec']>, readonly string[]]>([
    [
      'a volume',
      { volumes: [{ secret: { secretName: 'tls' } }, { configMap: { name: 'roots' } }] },
      ['secret/tls', 'configmap/roots'],
    ],
    [
      'a projected volume',
      { volumes: [{ projected: { sources: [{ secret: { name: 'tls' } }, { configMap: { name: 'roots' } }] } }] },
      ['secret/tls', 'configmap/roots'],
    ],
    [
      'the environment, entry by entry or whole',
      {
        containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'one' } } }, {}] }],
        initContainers: [{ envFrom: [{ secretRef: { name: 'two' } }, { configMapRef: { name: 'three' } }] }],
      },
      ['secret/one', 'secret/two', 'configmap/three'],
    ],
    ['nothing', { volumes: [{}, { projected: { sources: null } }], containers: [{}] }, []],
  ])('is known from %s', (_what, spec, expected) => {
    expect([...secretsReadBy(pod(spec))]).toEqual(expected)
  })

  it('is nothing where it has no spec', () => {
    expect(secretsReadBy({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare' } }).size).toBe(0)
  })
})

describe('an Event', () => {
  const event = (changes: Partial<ClusterEvent>): ClusterEvent => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'web.1', creationTimestamp: '2026-11-24T00:00:00Z' },
    type: 'Normal',
    reason: 'Renewed',
    message: 'It was renewed.',
    ...changes,
  })

  it.each<[string, Partial<ClusterEvent>, object]>([
    ['good news', {}, { at: '2026-11-24T00:00:00Z', kind: 'event', title: 'Renewed', text: 'It was renewed.' }],
    ['an issuance', { reason: 'Issued' }, { kind: 'issued' }],
    ['a warning, more than once', { type: 'Warning', count: 3 }, { kind: 'failed', title: 'Renewed (3 times)' }],
    ['its last time', { lastTimestamp: '2026-11-24T01:00:00Z' }, { at: '2026-11-24T01:00:00Z' }],
    ['micro time', { lastTimestamp: null, eventTime: '2026-11-24T02:00:00.000001Z' }, { at: '2026-11-24T02:00:00Z' }],
  ])('becomes a moment: %s', (_what, changes, expected) => {
    expect(momentOf(event(changes))).toMatchObject(expected)
  })
})
