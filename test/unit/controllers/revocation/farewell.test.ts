import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import { projectCertificate } from '../../../../src/controllers/certificate/certificates.ts'
import type { CertificateProjection } from '../../../../src/controllers/certificate/certificates.ts'
import { Farewell } from '../../../../src/controllers/revocation/farewell.ts'
import type { RevocationProjection } from '../../../../src/controllers/revocation/revocations.ts'
import { revokeFinalizer } from '../../../../src/domain/revocation/farewell.ts'
import { KubeError } from '../../../../src/kube/errors.ts'
import { Store } from '../../../../src/kube/store.ts'
import { err, ok } from '../../../../src/std/result.ts'
import { FakeClock } from '../../../support/clock.ts'
import { recordingLogger } from '../../../support/log.ts'

const certificate: Certificate = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: {
    namespace: 'team',
    name: 'web',
    uid: 'u',
    resourceVersion: '7',
    finalizers: [revokeFinalizer],
    deletionTimestamp: '2026-11-23T12:00:00Z',
  },
  spec: {
    secretName: 'web',
    dnsNames: ['web.example'],
    issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' },
    revocationPolicy: { onDelete: 'Revoke' },
  },
}

const target = {
  certificateName: 'web',
  serialNumber: '01',
  sha256Fingerprint: 'ab'.repeat(32),
  notAfter: '2027-01-01T00:00:00Z',
  certificate: '',
}

interface Scene {
  readonly serialNumber?: string
  readonly hasSecret?: boolean
  readonly order?: string
}

/** @param refusal - what the API server says to the order */
function farewell(refusal: KubeError, { serialNumber, hasSecret = true, order }: Scene = {}) {
  const log = recordingLogger()
  const store = new Store<CertificateProjection>({ log })
  const status = serialNumber === undefined ? {} : { status: { serialNumber } }
  store.put('team/web', projectCertificate({ ...certificate, ...status }))
  const revocations = new Store<RevocationProjection>({ log })
  if (order !== undefined)
    revocations.put(`team/${order}`, {
      resourceVersion: '8',
      object: { apiVersion: 'perennial.dev/v1', kind: 'CertificateRevocation', metadata: { name: order }, spec: {} },
    })
  const messages: string[] = []
  const patched: object[] = []
  const reasons: string[] = []
  const subject = new Farewell({
    store,
    certificates: {
      mergePatch: (_ref, patch) => {
        patched.push(patch)
        return Promise.resolve(certificate)
      },
      jsonPatch: () => Promise.resolve(certificate),
    },
    revocations,
    targets: {
      find: () => Promise.resolve(hasSecret ? ok(target) : err('it is gone')),
    },
    clock: new FakeClock(),
    orders: { deleted: () => Promise.reject(refusal) },
    events: {
      record: ({ reason, message }) => {
        reasons.push(reason)
        messages.push(message)
      },
    },
  })
  return { subject, patched, reasons, messages }
}

const never = new AbortController().signal

describe('a deleted Certificate that is to be revoked', () => {
  it.each([
    ['its namespace ends', new KubeError('forbidden', 'because it is being terminated', { status: 403 })],
    ['the kind of orders is being deleted', new KubeError('server', 'create not allowed', { status: 405 })],
    ['the kind of orders is gone', new KubeError('notFound', 'not found', { status: 404 })],
    ['an admission policy wants none', new KubeError('invalid', 'denied', { status: 422 })],
  ])('goes, and an Event says that it was not revoked, when %s', async (_when, error) => {
    const { subject, patched, reasons } = farewell(error)
    expect(await subject.reconcile('team/web', never)).toEqual({ kind: 'done' })
    expect(patched).toEqual([{ metadata: { resourceVersion: '7', finalizers: [] } }])
    expect(reasons).toEqual(['NotRevoked'])
  })

  it('stays when the API server cannot be asked', async () => {
    const { subject, patched } = farewell(new KubeError('unreachable', 'nobody there'))
    await expect(subject.reconcile('team/web', never)).rejects.toThrow('nobody there')
    expect(patched).toEqual([])
  })

  const gone = new KubeError('notFound', 'not asked for')

  it('goes, and an Event says that it was not revoked, when its Secret was deleted before it', async () => {
    const { subject, patched, reasons, messages } = farewell(gone, { serialNumber: '01', hasSecret: false })
    expect(await subject.reconcile('team/web', never)).toEqual({ kind: 'done' })
    expect(patched).toHaveLength(1)
    expect(reasons).toEqual(['NotRevoked'])
    expect(messages[0]).toContain(
      '01 was not revoked, because Secret web no longer holds it; order it with spec.certificate',
    )
  })

  it('is waited for by the order that was written while the Secret was there', async () => {
    const { subject, patched, reasons } = farewell(gone, {
      serialNumber: '01',
      order: 'web-01-abababab',
      hasSecret: false,
    })
    expect((await subject.reconcile('team/web', never)).kind).toBe('wakeAt')
    expect([patched, reasons]).toEqual([[], []])
  })

  it('goes without a word when there never was a certificate', async () => {
    const { subject, patched, reasons } = farewell(gone, { hasSecret: false })
    expect(await subject.reconcile('team/web', never)).toEqual({ kind: 'done' })
    expect([patched.length, reasons]).toEqual([1, []])
  })
})
