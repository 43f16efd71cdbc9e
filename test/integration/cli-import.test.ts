/** Taking over from cert-manager: its published kinds on a real API server, its objects, and not one certificate issued anew. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { exitCodes } from '../../src/cli/exitcodes.ts'
import { deployment, ingress, old, refusal, vault } from '../support/certmanager.ts'
import { certManagerKinds, installPublished } from '../support/published.ts'
import { startCli } from '../support/clitool.ts'
import type { CliEnd } from '../support/clitool.ts'
import { installCrds, Namespace, until } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { tlsCa, tlsLeaf } from '../support/tls.ts'
import type { TlsMaterial } from '../support/tls.ts'

let plane: ControlPlane
let shop: Namespace
let operator: RunningOperator | undefined

const theirs = { apiVersion: 'cert-manager.io/v1' }
const ec = { algorithm: 'ECDSA', size: 256 }
const byCa = { name: 'house', kind: 'ClusterIssuer', group: 'cert-manager.io' }

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  await installPublished(plane, certManagerKinds)
  for (const name of ['shop', 'cert-manager', 'perennial']) await plane.kubectl(['create', 'namespace', name])
  shop = Namespace.of(plane, 'shop')
  const ca = await tlsCa('house')
  await apply(
    secretOf('cert-manager', 'house-ca', ca),
    { ...theirs, kind: 'ClusterIssuer', metadata: { name: 'house' }, spec: { ca: { secretName: 'house-ca' } } },
    { ...theirs, kind: 'Issuer', metadata: { name: 'vault', namespace: 'shop' }, spec: vault },
    deployment,
    { ...secretOf('shop', 'web-tls', await leaf(ca, 'web.example')), type: 'kubernetes.io/tls' },
    { ...secretOf('shop', 'edge-tls', await leaf(ca, 'edge.example')), type: 'kubernetes.io/tls' },
    { ...secretOf('shop', 'old-tls', await leaf(ca, 'other.example')), type: 'kubernetes.io/tls' },
    certificate('web', {
      dnsNames: ['web.example'],
      revisionHistoryLimit: 3,
      privateKey: { ...ec, rotationPolicy: 'Never' },
    }),
    certificate('old', { dnsNames: ['old.example'] }),
    certificate('outside', { issuerRef: { name: 'pca', kind: 'AWSPCAIssuer', group: 'awspca.cert-manager.io' } }),
    certificate('sealed', { issuerRef: { name: 'vault' } }),
    ingress,
  )
  const jsonPath = ['-o', 'jsonpath={.metadata.uid}']
  const uid = await plane.kubectl(['get', 'ingress', 'edge', '-n', 'shop', ...jsonPath])
  const owner = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    name: 'edge',
    uid,
    controller: true,
  }
  await apply(certificate('edge-tls', { dnsNames: ['edge.example'] }, { ownerReferences: [owner] }))
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await shop?.close()
  await plane?.stop()
}, testTimeout)

const apply = async (...objects: readonly object[]): Promise<void> => {
  for (const object of objects) await plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
}

const leaf = (ca: TlsMaterial, name: string): Promise<TlsMaterial> =>
  tlsLeaf({ ca, names: [{ type: 'dns', value: name }] })

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const secretOf = (namespace: string, name: string, { certificate: pem, key }: TlsMaterial): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name, annotations: { 'cert-manager.io/issuer-name': 'house' } },
  data: { 'tls.crt': base64(pem), 'tls.key': base64(key), 'ca.crt': base64(pem) },
})

const certificate = (name: string, spec: object, metadata: object = {}): object => ({
  ...theirs,
  kind: 'Certificate',
  metadata: { ...metadata, name, namespace: 'shop', labels: { team: 'web' } },
  spec: {
    secretName: name.endsWith('-tls') ? name : `${name}-tls`,
    dnsNames: [`${name}.example`],
    issuerRef: byCa,
    privateKey: ec,
    ...spec,
  },
})

const importing = (...args: readonly string[]): Promise<CliEnd> =>
  startCli(['import', '-n', 'shop', ...args, '--kubeconfig', plane.kubeconfig]).ended

const serialOf = ({ data }: SeenSecret): string => new X509Certificate(data['tls.crt'] ?? '').serialNumber

/** The key itself: its encoding may be another. */
const keyOf = ({ data }: SeenSecret): object => createPrivateKey(data['tls.key'] ?? '').export({ format: 'jwk' })

const secret = (name: string): Promise<SeenSecret> =>
  until(`Secret ${name}`, async () => (await shop.secrets()).find(({ metadata }) => metadata.name === name))

const ours = async (): Promise<readonly string[]> =>
  (
    await plane.kubectl([
      'get',
      'certificates.perennial.dev,issuers.perennial.dev,clusterissuers.perennial.dev',
      '-n',
      'shop',
      '-o',
      'name',
    ])
  )
    .split('\n')
    .filter((line) => line !== '')

describe('taking over from cert-manager', () => {
  it(
    'shows what would be done and what cannot be, and changes nothing',
    async () => {
      const { code, stdout, stderr } = await importing()
      expect(stdout.split('\n').map((line) => line.trim())).toEqual([
        'This would be done:',
        'copy Secret house-ca from namespace cert-manager to perennial',
        'create ClusterIssuer house',
        'adopt Secret shop/edge-tls with its certificate',
        'annotate Ingress shop/edge: perennial.dev/cluster-issuer, perennial.dev/private-key-algorithm, perennial.dev/private-key-size',
        'adopt Secret shop/old-tls with its certificate',
        'create Certificate shop/old',
        'create Certificate shop/sealed',
        'adopt Secret shop/web-tls with its certificate',
        'create Certificate shop/web',
        'kept back: Issuer shop/vault: spec.vault has no counterpart; enable a standard protocol at the mount of Vault and write an issuer for that, see docs/migration.md',
        'note: Certificate shop/old: a new certificate will be asked for: the one that is there lacks old.example',
        'kept back: Certificate shop/outside: it is issued by AWSPCAIssuer pca of awspca.cert-manager.io, which is a controller of its own',
        expect.stringMatching(
          /^note: Certificate shop\/sealed: a new certificate will be asked for: its Secret does not exist yet/,
        ),
        expect.stringMatching(/^note: Certificate shop\/sealed: its Issuer vault is kept back; nothing is renewed/),
        '',
      ])
      expect(stderr).toContain('kubectl -n cert-manager scale deployment cert-manager --replicas=0')
      expect(code).toBe(exitCodes.fine)
      expect(await ours()).toEqual([])
    },
    testTimeout,
  )

  it(
    'gives the manifests for Git',
    async () => {
      const { stdout } = await importing('-o', 'yaml')
      expect(stdout).toContain('import.perennial.dev/from: cert-manager.io/Certificate/web')
      expect(stdout).toMatch(/^kind: ClusterIssuer$/m)
    },
    testTimeout,
  )

  it(
    'is not done while cert-manager would renew the same Secrets',
    async () => {
      const { code, stderr } = await importing('--apply')
      expect(stderr).toContain('cert-manager still runs (Deployment cert-manager/cert-manager)')
      expect(code).toBe(exitCodes.usage)
      expect(await ours()).toEqual([])
    },
    testTimeout,
  )

  it(
    'says how far it came where the cluster refuses a step',
    async () => {
      await plane.kubectl(['scale', '-n', 'cert-manager', 'deployment', 'cert-manager', '--replicas=0'])
      await apply(...refusal)
      const isRefused = (): Promise<boolean> =>
        plane.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(old)).then(
          () => false,
          () => true,
        )
      await until('the refusal', async () => ((await isRefused()) ? true : undefined))
      const { code, stderr } = await importing('--apply')
      expect(stderr).toContain('5 of 9 steps were done; the next could not be: create Certificate shop/old: ')
      expect(stderr).toContain('Mend that and run the command again')
      expect(code).toBe(exitCodes.usage)
      await plane.kubectl(['delete', 'validatingadmissionpolicies,validatingadmissionpolicybindings', 'no-old'])
      await until('the refusal gone', async () => ((await isRefused()) ? undefined : true))
    },
    testTimeout,
  )

  it(
    'brings the rest over, and the operator issues nothing anew for what is adopted',
    async () => {
      const before = await Promise.all([secret('web-tls'), secret('edge-tls'), secret('old-tls')])
      const { code, stdout } = await importing('--apply', '-o', 'yaml')
      expect(stdout).toContain('end: 4 steps done')
      expect(code).toBe(exitCodes.refused)
      operator = await startOperator({ kubeconfig: plane.kubeconfig })
      for (const name of ['web', 'edge-tls']) await shop.ready(name)
      const after = await Promise.all([secret('web-tls'), secret('edge-tls'), secret('old-tls')])
      expect(after.slice(0, 2).map(serialOf)).toEqual(before.slice(0, 2).map(serialOf))
      expect(after.slice(0, 2).map(keyOf)).toEqual(before.slice(0, 2).map(keyOf))
      expect(after[0]?.metadata.annotations).toMatchObject({ 'cert-manager.io/issuer-name': 'house' })
    },
    testTimeout,
  )

  it(
    'gets a new certificate where the one that is there answers another wish',
    async () => {
      await shop.ready('old')
      const { subjectAltName } = new X509Certificate((await secret('old-tls')).data['tls.crt'] ?? '')
      expect(subjectAltName).toBe('DNS:old.example')
    },
    testTimeout,
  )

  it(
    'has nothing left to do a second time',
    async () => {
      const { stdout } = await importing()
      expect(stdout).toContain('There is nothing to import.')
    },
    testTimeout,
  )

  it(
    'is undone, and leaves keys and certificates behind without our marks',
    async () => {
      const before = await Promise.all([secret('web-tls'), secret('edge-tls')])
      expect((await importing('--undo')).stdout).toContain('delete Certificate shop/web of Perennial')
      const planned = JSON.parse((await importing('--undo', '-o', 'json')).stdout) as object
      expect(planned).toMatchObject({ steps: expect.arrayContaining(['delete Certificate shop/web of Perennial']) })
      const { code, stdout } = await importing('--undo', '--apply')
      expect(stdout).toMatch(/^\d+ steps done\.$/m)
      expect(code).toBe(exitCodes.fine)
      expect(await ours()).toEqual([])
      const after = await Promise.all([secret('web-tls'), secret('edge-tls')])
      expect(after.map(({ data }) => data['tls.crt'])).toEqual(before.map(({ data }) => data['tls.crt']))
      for (const { metadata } of after)
        expect(
          Object.keys({ ...metadata.labels, ...metadata.annotations }).filter((key) => key.includes('perennial')),
        ).toEqual([])
      const edge = await plane.kubectl(['get', 'ingress', 'edge', '-n', 'shop', '-o', 'json'])
      expect(edge).not.toContain('perennial.dev')
      expect(await plane.kubectl(['get', 'certificates.cert-manager.io', '-n', 'shop', '-o', 'name'])).toContain('/web')
    },
    testTimeout,
  )
})
