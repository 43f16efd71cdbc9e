/** Writes that test what they were decided on, on a real API server: what they lose to, and what they do not lose to. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { certificateKind } from '../../src/api/certificate.ts'
import type { Certificate, CertificateStatus } from '../../src/api/certificate.ts'
import { projectCertificate } from '../../src/controllers/certificate/certificates.ts'
import type { CertificateProjection } from '../../src/controllers/certificate/certificates.ts'
import { CertificateStatuses } from '../../src/controllers/certificate/statuses.ts'
import { changesOf, testsOf } from '../../src/kube/jsonpatch.ts'
import { Resource } from '../../src/kube/resource.ts'
import { Store } from '../../src/kube/store.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { installCrds } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { administrator, configMapKind } from '../support/kubeclient.ts'
import type { ConfigMap } from '../support/kubeclient.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let transport: Transport
let configMaps: Resource<ConfigMap>
let certificates: Resource<Certificate>
const { signal } = new AbortController()

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  transport = await administrator(plane)
  configMaps = new Resource(transport, configMapKind)
  certificates = new Resource(transport, certificateKind)
}, startTimeout)

afterAll(async () => {
  await transport?.close()
  await plane?.stop()
}, testTimeout)

const at = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name })

const make = (name: string, data: Record<string, string>): Promise<ConfigMap> =>
  configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: at(name), data }, signal)

/** Texts in which JSON can be written in more than one way. */
const texts = { a: '<a href="x">é & \u2028\u2029 \\ \u007f</a>\n\t', 'b.c': '{"q":"/"}' }

describe('a JSON patch', () => {
  it('does what it is to do where all is as it was, whatever the texts, and where what it misses is missing', async () => {
    const made = await make('fits', texts)
    const tests = testsOf(made, [
      ['metadata', 'uid'],
      ['metadata', 'labels', 'a/b'],
      ['data'],
      ['data', 'b.c'],
      ['data', 'c'],
    ])
    const changes = changesOf(made, { metadata: { labels: { 'a/b': 'c' } }, data: { a: null, d: '<>' } })
    const patched = await configMaps.jsonPatch(at('fits'), [...tests, ...changes], signal)
    expect(patched.data).toEqual({ 'b.c': texts['b.c'], d: '<>' })
    expect(patched.metadata.labels).toEqual({ 'a/b': 'c' })
  })

  it('is a conflict where anything is otherwise, and changes nothing', async () => {
    const made = await make('otherwise', texts)
    const change = { op: 'add', path: '/data/new', value: 'x' } as const
    const misfits = [
      [...testsOf({ metadata: { uid: 'another' } }, [['metadata', 'uid']]), change],
      [...testsOf({ data: { ...texts, more: '1' } }, [['data']]), change],
      [...testsOf({}, [['data', 'a']]), change],
      [change, { op: 'remove', path: '/data/gone' } as const],
      [change, { op: 'add', path: '/metadata/labels/x', value: 'y' } as const],
    ]
    for (const operations of misfits)
      await expect(configMaps.jsonPatch(at('otherwise'), operations, signal)).rejects.toMatchObject({
        reason: 'conflict',
        status: 422,
      })
    expect(await configMaps.get(at('otherwise'), signal)).toEqual(made)
  })

  it('is invalid where the object would be, and not found where there is none', async () => {
    await make('invalid', {})
    const bad = [{ op: 'add', path: '/metadata/labels', value: { 'not a name!': 'x' } }] as const
    await expect(configMaps.jsonPatch(at('invalid'), bad, signal)).rejects.toMatchObject({ reason: 'invalid' })
    await expect(configMaps.jsonPatch(at('nowhere'), bad, signal)).rejects.toMatchObject({ reason: 'notFound' })
  })
})

/** Somebody writes to an annotation of the Certificate, again and again, in several lanes. */
async function duringStorm(name: string, work: () => Promise<void>): Promise<void> {
  let written = 0
  const ending = new AbortController()
  const lane = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const annotations = { 'weather.example/storm': String((written += 1)) }
      await certificates.mergePatch(at(name), { metadata: { annotations } }, signal)
    }
  }
  const lanes = [1, 2, 3, 4].map(lane)
  try {
    await work()
  } finally {
    ending.abort()
    await Promise.all(lanes)
  }
}

describe('the status of a Certificate that somebody else writes to without end', () => {
  const spec = {
    secretName: 'web',
    dnsNames: ['web.example.com'],
    issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' },
  } as const
  const enrollment: CertificateStatus['enrollment'] = {
    protocol: 'acme',
    phase: 'order',
    requestHash: 'h',
    issuer: 'i',
    keyHash: 'k',
    note: 'waits for <someone> & something',
    startedAt: '2026-11-23T12:00:00Z',
    ticket: { version: 1, phase: 'order', state: { url: 'https://ca.example/order?a=1&b=<2>' } },
  }

  const create = (name: string): Promise<Certificate> => {
    return certificates.create(
      { apiVersion: 'perennial.dev/v1', kind: 'Certificate', metadata: at(name), spec },
      signal,
    )
  }

  const replica = (): { readonly statuses: CertificateStatuses; readonly seen: (name: string) => Certificate } => {
    const store = new Store<CertificateProjection>({})
    return {
      statuses: new CertificateStatuses(certificates, store),
      seen: (name) => {
        const held = store.get(`default/${name}`)
        if (held === undefined) throw new Error('nothing was written')
        return held.object
      },
    }
  }

  it('is known by its texts', async () => {
    const { apiVersion, kind } = await create('texts')
    const held = await certificates.applyStatus(
      { apiVersion, kind, metadata: at('texts'), status: { enrollment } },
      signal,
    )
    const operations = [...testsOf(held, [['status']]), { op: 'add', path: '/status', value: { revision: 1 } }] as const
    expect((await certificates.jsonPatchStatus(at('texts'), operations, signal)).status).toEqual({ revision: 1 })
    await expect(certificates.jsonPatchStatus(at('texts'), operations, signal)).rejects.toMatchObject({
      reason: 'conflict',
    })
  })

  it(
    'is written, every time, with nothing left of what is no longer said',
    async () => {
      const made = await create('web')
      const { statuses, seen } = replica()
      await duringStorm('web', async () => {
        expect(await statuses.write(made, { revision: 1, enrollment }, signal)).toBe('written')
        for (let revision = 2; revision <= 20; revision++) {
          const next = revision % 2 === 0 ? { revision } : { revision, enrollment }
          expect(await statuses.write(seen('web'), next, signal)).toBe('written')
          expect(seen('web').status).toEqual(next)
        }
      })
      // On a version again, as it is where nobody is in the way.
      const calm = await certificates.get(at('web'), signal)
      expect(await statuses.write(projectCertificate(calm ?? made).object, { revision: 21 }, signal)).toBe('written')
      expect((await certificates.get(at('web'), signal))?.status).toEqual({ revision: 21 })
    },
    testTimeout,
  )

  it(
    'is written by one of two that decided on the same',
    async () => {
      let last = await create('two')
      const [one, two] = [replica(), replica()]
      await duringStorm('two', async () => {
        for (let revision = 1; revision <= 10; revision++) {
          const basis = last
          const ends = await Promise.all([
            one.statuses.write(basis, { revision, protocol: 'est' }, signal),
            two.statuses.write(basis, { revision, protocol: 'cmp' }, signal),
          ])
          expect([...ends].sort()).toEqual(['stale', 'written'])
          const winner = ends[0] === 'written' ? one : two
          last = winner.seen('two')
          const said = (await certificates.get(at('two'), signal))?.status
          expect(said).toEqual({ revision, protocol: winner === one ? 'est' : 'cmp' })
        }
      })
    },
    testTimeout,
  )
})
