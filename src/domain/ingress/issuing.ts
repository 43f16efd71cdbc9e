/** Who is to issue, as the annotations of an Ingress or a Gateway say it. Pure. */
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Claimant, Complaint } from './claimant.ts'
import { badAnnotation, foreignPrefixes, prefix, readNotes, tlsByDefault } from './vocabulary.ts'
import type { Notes } from './vocabulary.ts'

export interface WantedIssuer {
  readonly name: string
  readonly kind: 'Issuer' | 'ClusterIssuer'
}

/** @returns undefined where nobody asks for a certificate */
export function issuerOf(
  claimant: Claimant,
  notes: Notes,
  defaultIssuer: WantedIssuer | undefined,
): Result<WantedIssuer | undefined, Complaint> {
  // Those of one spelling belong together: ours are not completed by cert-manager's.
  const isOurs = ['issuer', 'cluster-issuer'].some((word) => notes.get(word)?.key.startsWith(prefix))
  const own = isOurs ? readNotes(claimant.annotations, false) : notes
  const [issuer, cluster] = [own.get('issuer'), own.get('cluster-issuer')]
  if (issuer !== undefined && cluster !== undefined)
    return err(
      badAnnotation(
        issuer,
        `and ${cluster.key} says "${cluster.value}", but a certificate has one issuer; take one of the two away`,
      ),
    )
  const named = issuer ?? cluster
  if (named === undefined) {
    const asks = claimant.kind === 'Ingress' && claimant.annotations[tlsByDefault] === 'true'
    return ok(asks ? defaultIssuer : undefined)
  }
  const name = named.value.trim()
  if (name === '') return err(badAnnotation(named, 'it must name an issuer'))
  const wrongGroup = groupProblem(own)
  if (wrongGroup !== undefined) return err(wrongGroup)
  return kindOf(own, name, cluster === undefined ? 'Issuer' : 'ClusterIssuer')
}

function groupProblem(notes: Notes): Complaint | undefined {
  const note = notes.get('issuer-group')
  if (note === undefined) return undefined
  const known = note.key.startsWith(prefix) ? ['perennial.dev'] : ['perennial.dev', foreignPrefixes[0].slice(0, -1)]
  if (known.includes(note.value.trim())) return undefined
  return badAnnotation(note, 'issuers of other groups are not known here; leave it out or write perennial.dev')
}

function kindOf(notes: Notes, name: string, preset: WantedIssuer['kind']): Result<WantedIssuer, Complaint> {
  const note = notes.get('issuer-kind')
  const kind = note?.value.trim() ?? preset
  const fits = kind === 'ClusterIssuer' || (kind === 'Issuer' && preset === 'Issuer')
  if (note === undefined || fits) return ok({ name, kind: kind === 'ClusterIssuer' ? kind : preset })
  const expected = preset === 'Issuer' ? 'Issuer or ClusterIssuer' : 'ClusterIssuer, because cluster-issuer is set'
  return err(badAnnotation(note, `it must be ${expected}`))
}
