/** `policy test`: the same verdict as in a cluster, on manifests. */
import type { Certificate } from '../api/certificate.ts'
import { conflictsWith, rivalsOf, surelyMeet } from '../domain/policy/conflicts.ts'
import { contradictions } from '../domain/policy/contradictions.ts'
import type { Breach } from '../domain/policy/breach.ts'
import { withDefaults } from '../domain/policy/defaults.ts'
import { judge } from '../domain/policy/judge.ts'
import { judgedRequest } from '../domain/policy/judged.ts'
import { selecting } from '../domain/policy/select.ts'
import type { Applicant, Policy } from '../domain/policy/select.ts'
import { readWish } from '../domain/wish.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { readDocuments } from './documents.ts'
import { endWith } from './ending.ts'
import { exitCodes } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import type { PolicyOptions } from './policyflags.ts'
import { readPolicyManifests } from './policymanifests.ts'
import type { PolicyManifests } from './policymanifests.ts'
import type { World } from './world.ts'

interface Judgement {
  readonly namespace: string
  readonly name: string
  readonly verdict: 'Allowed' | 'Denied' | 'Audited' | 'Unselected'
  readonly judgedBy: readonly string[]
  readonly violations: readonly Breach[]
}

/** @returns the code of the end: refused when a policy in Enforce denies one of the Certificates */
export async function testPolicies(options: PolicyOptions, world: World): Promise<ExitCode> {
  const { terminal } = world
  const documents = await readDocuments(options.files, world.readStdin)
  if (!documents.ok) return endWith(terminal, { kind: 'complaint', message: documents.error })
  const manifests = readPolicyManifests(documents.value)
  if (!manifests.ok) return endWith(terminal, { kind: 'complaint', message: manifests.error })
  const judgements = judgeAll(manifests.value, options.namespace)
  if (!judgements.ok) return endWith(terminal, { kind: 'complaint', message: judgements.error })
  for (const remark of remarksOn(manifests.value, judgements.value)) terminal.remark(remark)
  terminal.result({ certificates: judgements.value }, linesIn(judgements.value, options.output))
  return judgements.value.some(({ verdict }) => verdict === 'Denied') ? exitCodes.refused : exitCodes.fine
}

function linesIn(judgements: readonly Judgement[], output: PolicyOptions['output']): readonly string[] {
  return judgements.flatMap((one) => [
    ...linesOf(one),
    ...(output === 'wide'
      ? [`  selected by ${one.judgedBy.length === 0 ? 'no policy' : one.judgedBy.join(', ')}`]
      : []),
  ])
}

function judgeAll(manifests: PolicyManifests, namespace: string): Result<readonly Judgement[], string> {
  const judgements: Judgement[] = []
  for (const certificate of manifests.certificates) {
    const judgement = judgeOne(certificate, manifests, certificate.metadata.namespace ?? namespace)
    if (!judgement.ok) return err(`Certificate ${certificate.metadata.name}: ${judgement.error}`)
    judgements.push(judgement.value)
  }
  return ok(judgements)
}

function judgeOne(
  { metadata, spec }: Certificate,
  { policies, namespaces }: PolicyManifests,
  namespace: string,
): Result<Judgement, string> {
  const applicant: Applicant = {
    // The API server gives every namespace the label of its name.
    namespaceLabels: { ...namespaces.get(namespace), 'kubernetes.io/metadata.name': namespace },
    labels: metadata.labels ?? {},
    issuers: [spec.issuerRef, ...(spec.fallbackIssuerRefs ?? [])],
  }
  const selected = selecting(policies, applicant)
  const filled = withDefaults(spec, selected)
  const wish = readWish(filled)
  if (!wish.ok) return wish
  const { judgedBy, breaches } = judge(selected, { request: judgedRequest(wish.value, { spec: filled, applicant }) })
  return ok({ namespace, name: metadata.name, verdict: wordFor(judgedBy, breaches), judgedBy, violations: breaches })
}

function wordFor(judgedBy: readonly string[], breaches: readonly Breach[]): Judgement['verdict'] {
  if (judgedBy.length === 0) return 'Unselected'
  if (breaches.some(({ mode }) => mode === 'Enforce')) return 'Denied'
  return breaches.length === 0 ? 'Allowed' : 'Audited'
}

const saidOf = {
  Allowed: 'allowed',
  Denied: 'denied',
  Audited: 'allowed, and told of',
  Unselected: 'selected by no policy',
} as const satisfies Record<Judgement['verdict'], string>

function linesOf({ namespace, name, verdict, judgedBy, violations }: Judgement): readonly string[] {
  const by = verdict === 'Allowed' ? ` by ${judgedBy.join(', ')}` : ''
  return [
    `Certificate ${namespace}/${name}: ${saidOf[verdict]}${by}`,
    ...violations.map(({ policy, mode, rule, message }) => `  ${policy} (${mode}), ${rule}: ${message}`),
  ]
}

/** With policies that select the same, here or wherever there is a Certificate. */
function conflictsOf(policy: Policy, policies: readonly Policy[], judgements: readonly Judgement[]): readonly string[] {
  const meets = (other: Policy): boolean =>
    surelyMeet(policy, other) ||
    judgements.some(({ judgedBy }) => judgedBy.includes(policy.name) && judgedBy.includes(other.name))
  return rivalsOf(policy, policies)
    .filter(meets)
    .flatMap((other) => conflictsWith(policy, other))
}

/** What is likely to be a mistake, though it decides nothing. */
function remarksOn({ policies, namespaces }: PolicyManifests, judgements: readonly Judgement[]): readonly string[] {
  const idle = policies.filter(({ name }) => !judgements.some(({ judgedBy }) => judgedBy.includes(name)))
  const looks = policies.some(({ spec }) => spec.selector?.namespaces !== undefined)
  const unknown = new Set(judgements.map(({ namespace }) => namespace).filter((name) => !namespaces.has(name)))
  return [
    ...policies.flatMap((policy) =>
      [...contradictions(policy), ...conflictsOf(policy, policies, judgements)].map(
        (one) => `CertificatePolicy ${policy.name}: ${one}`,
      ),
    ),
    ...idle.map(({ name }) => `CertificatePolicy ${name} selects none of these Certificates.`),
    ...(looks && unknown.size > 0
      ? [`Of namespace ${[...unknown].join(', ')} only the name is known; add its manifest for its labels.`]
      : []),
  ]
}
