import { describe, expect, it } from '@jest/globals'
import { isUntold, standingFor } from '../../../../src/domain/ingress/standing.ts'
import type { ToldStanding } from '../../../../src/domain/ingress/standing.ts'
import { wantedBy } from '../../../../src/domain/ingress/wanted.ts'
import { entry, gateway, habits, ingress } from './claimants.ts'

const listener = (more: Parameters<typeof entry>[0] = {}) =>
  entry({ path: 'spec.listeners[0]', listener: 'https', ...more })

function standing(...args: Parameters<typeof gateway>): ToldStanding | undefined {
  const wanted = wantedBy(gateway(...args), [], habits)
  return standingFor(wanted, wanted.complaints)
}

describe('the standing of a Gateway', () => {
  it('names the Certificates that are kept for it', () => {
    expect(standing({ entries: [listener(), listener({ secretNames: ['b-tls'] })] })).toEqual({
      status: 'True',
      reason: 'CertificatesKept',
      message: 'Kept as it is asked for: web-tls, b-tls.',
    })
  })

  it('says what is wrong, all of it, by the name of the first that stops something', () => {
    const annotations = { 'perennial.dev/issuer': 'ca', 'perennial.dev/duration': 'long', 'perennial.dev/usagess': 'x' }
    const said = standing({ annotations, entries: [listener()] })
    expect(said).toMatchObject({ status: 'False', reason: 'BadAnnotation' })
    expect(said?.message).toContain('perennial.dev/duration says "long"')
    expect(said?.message).toContain('did you mean perennial.dev/usages?')
  })

  it('is not spoilt by a word that nobody knows, which is told beside it', () => {
    const annotations = { 'perennial.dev/issuer': 'ca', 'perennial.dev/usagess': 'x' }
    expect(standing({ annotations, entries: [listener()] })).toMatchObject({
      status: 'True',
      message: expect.stringContaining('did you mean perennial.dev/usages?'),
    })
  })

  it('is nothing for one that asks for nothing', () => {
    expect(standing({ annotations: {} })).toBeUndefined()
    expect(standing({ annotations: { 'perennial.dev/usagess': 'x' } })).toBeUndefined()
    expect(standing({ entries: [] })).toBeUndefined()
  })

  it('stays short, however much is wrong', () => {
    const entries = Array.from({ length: 5000 }, (_, index) =>
      listener({ path: `spec.listeners[${index}]`, problem: 'x'.repeat(1000), secretNames: [] }),
    )
    expect(standing({ entries })?.message.length).toBeLessThanOrEqual(8192)
  })
})

describe('a standing', () => {
  const told: ToldStanding = { status: 'True', reason: 'CertificatesKept', message: 'Kept.' }
  const seen = { ...told, observedGeneration: 3 }

  it.each([
    ['nothing was said and nothing is to be said', undefined, undefined, false],
    ['it was said of this generation', seen, told, false],
    ['nothing was said', undefined, told, true],
    ['it was said of an earlier generation', { ...seen, observedGeneration: 2 }, told, true],
    ['something else was said', { ...seen, message: 'Not kept.' }, told, true],
    ['nothing is to be said any more', seen, undefined, true],
  ] as const)('when %s: is it to be written?', (_when, said, wanted, expected) => {
    expect(isUntold(gateway({ standing: { generation: 3, said } }), wanted)).toBe(expected)
  })

  it('is never written to an Ingress, whose status has no conditions', () => {
    expect(isUntold(ingress(), told)).toBe(false)
  })
})
