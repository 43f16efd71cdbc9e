/** Policies, and what they are to judge, as manifests hold them. */
import { parseCertificate } from '../api/certificate.ts'
import type { Certificate } from '../api/certificate.ts'
import { parsePolicy } from '../api/policy.ts'
import type { Labels, Policy } from '../domain/policy/select.ts'
import { isJsonObject } from '../std/json.ts'
import type { JsonObject } from '../std/json.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { ManifestDocument } from './documents.ts'
import { misnamed, strict } from './manifests.ts'

export interface PolicyManifests {
  readonly policies: readonly Policy[]
  readonly certificates: readonly Certificate[]
  /** Labels of namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, Labels>
}

interface Collected {
  readonly policies: Policy[]
  readonly certificates: Certificate[]
  readonly namespaces: Map<string, Labels>
}

/** @returns the objects that matter here; or a sentence with place and path of what is wrong */
export function readPolicyManifests(documents: readonly ManifestDocument[]): Result<PolicyManifests, string> {
  const into: Collected = { policies: [], certificates: [], namespaces: new Map() }
  for (const { place, object } of documents) {
    const problem = misnamed(object, place) ?? readOne(object, into)
    if (problem !== undefined) return err(problem.startsWith(place) ? problem : `${place}: ${problem}`)
  }
  const twice = repeated(into.policies.map(({ name }) => name))
  if (twice !== undefined) return err(`CertificatePolicy ${twice} is given twice; leave one out.`)
  if (into.policies.length === 0)
    return err('The manifests hold no CertificatePolicy; add the policies with -f policy.yaml.')
  if (into.certificates.length === 0)
    return err('The manifests hold no Certificate; add some with -f certificate.yaml.')
  return ok(into)
}

const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index)

/** @returns what is wrong; other kinds are passed over */
function readOne(object: JsonObject, into: Collected): string | undefined {
  switch (object['kind']) {
    case 'CertificatePolicy': {
      const read = strict(object, parsePolicy(object))
      if (!read.ok) return read.error
      into.policies.push({ name: read.value.metadata.name, spec: read.value.spec })
      return undefined
    }
    case 'Certificate': {
      const read = strict(object, parseCertificate(object))
      if (!read.ok) return read.error
      into.certificates.push(read.value)
      return undefined
    }
    case 'Namespace': {
      const { name, labels } = isJsonObject(object['metadata']) ? object['metadata'] : {}
      if (typeof name === 'string') into.namespaces.set(name, textsIn(labels))
      return undefined
    }
    default:
      return undefined
  }
}

function textsIn(labels: unknown): Labels {
  const entries = isJsonObject(labels) ? Object.entries(labels) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
