/** Carries out the steps of a plan, each by one request that finds nothing to do when it was done before. */
import { KubeError } from '../../../kube/errors.ts'
import { certificateKind } from '../../../api/certificate.ts'
import type { Certificate } from '../../../api/certificate.ts'
import type { Issuer } from '../../../api/issuer.ts'
import type { KubeObject } from '../../../api/meta.ts'
import type { Cluster } from '../cluster.ts'
import { originAnnotation } from './convert.ts'
import { foreignGroup, foreignKinds } from './foreign.ts'
import type { Step } from './plan.ts'

export async function carryOut(step: Step, cluster: Cluster, signal: AbortSignal): Promise<void> {
  switch (step.kind) {
    case 'copySecret':
      return copySecret(step, cluster, signal)
    case 'create':
      return unlessThere(create(step.object, cluster, signal))
    case 'adopt': {
      const { resourceVersion, labels, annotations, ownerReferences, namespace, name } = step
      const metadata = { resourceVersion, labels, annotations, ownerReferences }
      await cluster.secrets.mergePatch({ namespace, name }, { metadata }, signal)
      return
    }
    case 'annotate': {
      const { namespace, name } = step.object.metadata
      const annotations = { ...step.annotations, [originAnnotation]: foreignGroup }
      const ref = { ...(namespace === undefined ? {} : { namespace }), name }
      await claimants(step.object, cluster).mergePatch(ref, { metadata: { annotations } }, signal)
    }
  }
}

/** The resource that an Ingress or a Gateway is of. */
export const claimants = ({ kind }: KubeObject, cluster: Cluster): ReturnType<Cluster['resource']> =>
  cluster.resource(kind === 'Gateway' ? foreignKinds.gateways : foreignKinds.ingresses)

async function copySecret(
  { name, from, to }: Extract<Step, { kind: 'copySecret' }>,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const secret = await cluster.secrets.get({ namespace: from, name }, signal)
  if (secret === undefined) return
  const { apiVersion, kind, type, data } = secret
  const metadata = { namespace: to, name, annotations: { [originAnnotation]: `${from}/${name}` } }
  const copy = {
    apiVersion,
    kind,
    metadata,
    ...(type === undefined ? {} : { type }),
    ...(data === undefined ? {} : { data }),
  }
  await unlessThere(cluster.secrets.create(copy, signal))
}

async function create(object: Issuer | Certificate, cluster: Cluster, signal: AbortSignal): Promise<void> {
  if (isCertificate(object)) await cluster.certificates.create(object, signal)
  else await (object.kind === 'ClusterIssuer' ? cluster.clusterIssuers : cluster.issuers).create(object, signal)
}

const isCertificate = (object: Issuer | Certificate): object is Certificate => object.kind === certificateKind.kind

async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'alreadyExists') throw error
  }
}
