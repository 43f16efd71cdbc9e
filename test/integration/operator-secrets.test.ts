/** Secrets that others touch: put right where they are ours, left alone where they are not, kept or removed as asked. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { Namespace, conditionOf, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: true })
  await installCrds(plane)
  operator = await startOperator({ kubeconfig: plane.kubeconfig })
  ns = await Namespace.make(plane, 'secrets')
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

const certificateIn = ({ data }: SeenSecret): string => data['tls.crt']?.toString() ?? ''
const serialOf = (secret: SeenSecret): string => new X509Certificate(certificateIn(secret)).serialNumber
const holds = (secret: SeenSecret): boolean => certificateIn(secret).startsWith('-----BEGIN CERTIFICATE-----')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function issue(name: string, spec: Partial<CertificateSpec> = {}): Promise<SeenSecret> {
  await ns.certificate(name, spec)
  await ns.ready(name)
  return ns.secretWhere(spec.secretName ?? name, holds)
}

describe('a Secret of ours', () => {
  it(
    'is issued anew when it was deleted',
    async () => {
      const before = await issue('deleted')
      await ns.remove('secrets', 'deleted')
      const after = await ns.secretWhere('deleted', holds)
      expect(serialOf(after)).not.toBe(serialOf(before))
      await ns.told('deleted', { status: 'True', revision: 2 })
    },
    testTimeout,
  )

  it.each([
    { what: 'tls.crt is garbage', name: 'bad-crt', data: { 'tls.crt': base64('garbage') } },
    { what: 'tls.key is empty', name: 'bad-key', data: { 'tls.key': '' } },
    { what: 'ca.crt was removed', name: 'no-ca', data: { 'ca.crt': null } },
    { what: 'ca.crt was exchanged', name: 'bad-ca', data: { 'ca.crt': base64('garbage') } },
  ])(
    'gets a new certificate when $what',
    async ({ name, data }) => {
      const before = await issue(name)
      await ns.patch('secrets', name, { data })
      const after = await ns.secretWhere(name, (secret) => holds(secret) && serialOf(secret) !== serialOf(before))
      expect(after.data['tls.key']?.toString()).toContain('PRIVATE KEY')
      expect(after.data['ca.crt']).toEqual(before.data['ca.crt'])
      await ns.told(name, { status: 'True', revision: 2 })
    },
    testTimeout,
  )

  it.each([
    { what: 'an entry that is rendered from others was removed', name: 'no-der', patch: { data: { 'key.der': null } } },
    { what: 'a label was changed', name: 'bad-label', patch: { metadata: { labels: { app: 'other' } } } },
    {
      what: 'an annotation was removed',
      name: 'no-note',
      patch: { metadata: { annotations: { 'perennial.dev/issuer-name': null } } },
    },
    {
      what: 'our mark was taken off',
      name: 'no-mark',
      patch: { metadata: { labels: { 'perennial.dev/managed': null } } },
    },
  ])(
    'is put right around the same certificate when $what',
    async ({ name, patch }) => {
      const before = await issue(name, {
        secretTemplate: { labels: { app: 'web' } },
        additionalOutputFormats: [{ type: 'DER' }],
      })
      await ns.patch('secrets', name, patch)
      const after = await ns.secretWhere(
        name,
        ({ data, metadata: { labels, annotations } }) =>
          data['key.der'] !== undefined &&
          labels?.['app'] === 'web' &&
          labels['perennial.dev/managed'] === 'certificate' &&
          annotations?.['perennial.dev/issuer-name'] === 'ca',
      )
      expect(serialOf(after)).toBe(serialOf(before))
    },
    testTimeout,
  )

  it(
    'is not fought over for ever',
    async () => {
      await issue('contested')
      const deadline = performance.now() + 60_000
      const stalled = async (): Promise<string | undefined> => {
        const condition = conditionOf(await ns.seenCertificate('contested'), 'Stalled')
        return condition?.reason === 'SecretContested' ? condition.message : undefined
      }
      let message: string | undefined
      while (message === undefined && performance.now() < deadline) {
        const secret = await ns.seenSecret('contested')
        if (secret !== undefined && holds(secret)) await ns.remove('secrets', 'contested')
        message = await stalled()
      }
      expect(message).toMatch(/^Secret contested keeps being changed or removed by someone else; .*\.$/)
    },
    testTimeout,
  )
})

describe("a Secret that is somebody else's", () => {
  it(
    'is never touched, and is taken over as a name when it goes',
    async () => {
      await ns.secret('foreign', { password: 'hunter2' })
      const before = await ns.secretWhere('foreign', () => true)
      await ns.certificate('foreign', {})
      const { status } = await ns.told('foreign', { status: 'False', reason: 'SecretNotOurs' })
      const message =
        'Secret foreign exists and was not made by Perennial, so it is left alone; delete it, or choose another spec.secretName.'
      expect(status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toBe(message)
      expect((await ns.secretWhere('foreign', () => true)).metadata).toEqual(before.metadata)
      await ns.remove('secrets', 'foreign')
      // Strangers' Secrets are not watched; what a person does next is.
      await ns.patch('certificates', 'foreign', { spec: { dnsNames: ['foreign.example', 'again.example'] } })
      await ns.ready('foreign')
    },
    testTimeout,
  )
})

describe('two Certificates on one Secret', () => {
  it(
    'leave it to the older one until that is deleted',
    async () => {
      await issue('b-older', { secretName: 'shared' })
      // Ages are told in whole seconds, and equal ages are settled by name.
      await ns.certificate('c-newer', { secretName: 'shared' })
      const { status } = await ns.told('c-newer', { status: 'False', reason: 'SecretNameTaken' })
      expect(status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toBe(
        'Certificate b-older is older and already writes Secret shared; give this one another secretName.',
      )
      const before = await ns.secretWhere('shared', holds)
      expect(new X509Certificate(certificateIn(before)).subjectAltName).toBe('DNS:b-older.example')
      await ns.remove('certificates', 'b-older')
      await ns.ready('c-newer')
      const after = await ns.secretWhere('shared', holds)
      expect(new X509Certificate(certificateIn(after)).subjectAltName).toBe('DNS:c-newer.example')
    },
    testTimeout,
  )

  it(
    'part when the older one takes another name',
    async () => {
      await issue('d-older', { secretName: 'parted' })
      await ns.certificate('e-newer', { secretName: 'parted' })
      await ns.told('e-newer', { status: 'False', reason: 'SecretNameTaken' })
      await ns.patch('certificates', 'd-older', { spec: { secretName: 'elsewhere' } })
      await ns.ready('e-newer')
      await ns.ready('d-older')
      const [parted, elsewhere] = [await ns.secretWhere('parted', holds), await ns.secretWhere('elsewhere', holds)]
      expect(new X509Certificate(certificateIn(parted)).subjectAltName).toBe('DNS:e-newer.example')
      expect(new X509Certificate(certificateIn(elsewhere)).subjectAltName).toBe('DNS:d-older.example')
    },
    testTimeout,
  )
})

describe('when the Certificate is deleted', () => {
  it(
    'its Secret stays, or goes where deletionPolicy says so',
    async () => {
      await issue('retained')
      await issue('removed', { deletionPolicy: 'Delete' })
      await issue('changed-mind', { deletionPolicy: 'Delete' })
      await ns.patch('certificates', 'changed-mind', { spec: { deletionPolicy: 'Retain' } })
      await ns.secretWhere('changed-mind', ({ metadata }) => (metadata.ownerReferences ?? []).length === 0)
      for (const name of ['retained', 'changed-mind', 'removed']) await ns.remove('certificates', name)
      await until('Secret removed is gone', async () => ((await ns.seenSecret('removed')) ? undefined : true))
      expect(await ns.seenSecret('retained')).toBeDefined()
      expect(await ns.seenSecret('changed-mind')).toBeDefined()
    },
    testTimeout,
  )
})
