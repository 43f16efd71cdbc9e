import { describe, expect, it } from '@jest/globals'
import type { Claimant } from '../../../../src/domain/ingress/claimant.ts'
import { decideCertificates } from '../../../../src/domain/ingress/decide.ts'
import type { Decision, Existing } from '../../../../src/domain/ingress/decide.ts'
import { wantedBy } from '../../../../src/domain/ingress/wanted.ts'
import type { WantedCertificate } from '../../../../src/domain/ingress/wanted.ts'
import { entry, habits, ingress } from './claimants.ts'

const hashOf = ({ spec }: WantedCertificate): string => JSON.stringify(spec)

/** The Certificate that a claimant would have made. */
function madeBy(claimant: Claimant, more: Partial<Existing> = {}): Existing {
  const [wanted] = wantedBy(claimant, [], habits).certificates
  if (wanted === undefined) throw new Error('it wants none')
  const { name, spec, labels, annotations } = wanted
  const object = { metadata: { name, labels, annotations }, spec }
  return { name, secretName: name, controller: claimant.uid, hash: hashOf(wanted), isEnding: false, object, ...more }
}

function decide(claimant: Claimant, present: readonly Existing[], rivals: readonly Claimant[] = []): Decision {
  return decideCertificates(claimant, wantedBy(claimant, [], habits), {
    find: (name) => present.find((one) => one.name === name),
    owned: present.filter(({ controller }) => controller === claimant.uid),
    writersOf: (secretName) => present.filter((one) => one.secretName === secretName),
    rivalsFor: (secretName) =>
      rivals.filter((one) => one.entries.some(({ secretNames }) => secretNames.includes(secretName))),
    hashOf,
  })
}

const steps = (decision: Decision): readonly string[] =>
  decision.steps.map((step) => `${step.kind} ${step.kind === 'remove' ? step.name : step.wanted.name}`)
const reasons = (decision: Decision): readonly string[] => decision.complaints.map(({ reason }) => reason)

const web = ingress()
const younger = ingress({ name: 'younger', uid: 'uid-younger', createdAt: '2026-11-23T13:00:00Z' })
const unannotated = ingress({ annotations: {} })
const otherHost = ingress({ entries: [entry({ hosts: ['other.example'] })] })
const bad = ingress({ annotations: { 'perennial.dev/issuer': 'ca', 'perennial.dev/duration': 'x' } })

describe('the Certificates of a claimant', () => {
  it.each<{
    name: string
    claimant: Claimant
    present?: readonly Existing[]
    rivals?: readonly Claimant[]
    steps: readonly string[]
    reasons?: readonly string[]
  }>([
    { name: 'are made', claimant: web, steps: ['create web-tls'] },
    { name: 'are left as they are when they fit', claimant: web, present: [madeBy(web)], steps: [] },
    { name: 'follow what is asked for', claimant: otherHost, present: [madeBy(web)], steps: ['update web-tls'] },
    {
      name: 'are mended when somebody changed them',
      claimant: web,
      present: [madeBy(web, { object: { metadata: {}, spec: { secretName: 'web-tls', dnsNames: [] } } })],
      steps: ['mend web-tls'],
    },
    {
      name: 'are written when a part is wanted no longer',
      claimant: web,
      present: [madeBy(web, { hash: 'of more' })],
      steps: ['update web-tls'],
    },
    { name: 'go with the annotation', claimant: unannotated, present: [madeBy(web)], steps: ['remove web-tls'] },
    {
      name: 'go with the entry',
      claimant: ingress({ entries: [] }),
      present: [madeBy(web)],
      steps: ['remove web-tls'],
    },
    { name: 'go once', claimant: unannotated, present: [madeBy(web, { isEnding: true })], steps: [] },
    {
      name: 'are not made while the last is going',
      claimant: web,
      present: [madeBy(web, { isEnding: true })],
      steps: [],
    },
    {
      name: 'stay as they are while the annotations are bad',
      claimant: bad,
      present: [madeBy(web)],
      steps: [],
      reasons: ['BadAnnotation'],
    },
    {
      name: 'of others are not taken away',
      claimant: unannotated,
      present: [madeBy(web, { controller: undefined })],
      steps: [],
    },
    {
      name: 'made by hand are left alone',
      claimant: web,
      present: [madeBy(web, { controller: undefined })],
      steps: [],
      reasons: ['SecretTaken'],
    },
    {
      name: 'are not made beside one that writes the same Secret',
      claimant: web,
      present: [madeBy(web, { name: 'by-hand', controller: undefined })],
      steps: [],
      reasons: ['SecretTaken'],
    },
    {
      name: 'are made by the elder of two that name one Secret, who is told',
      claimant: web,
      rivals: [younger],
      steps: ['create web-tls'],
      reasons: ['SecretConflict'],
    },
    {
      name: 'are not made by the younger, who is told',
      claimant: younger,
      rivals: [web],
      steps: [],
      reasons: ['SecretConflict'],
    },
    {
      name: 'stay with the younger when it was first',
      claimant: web,
      present: [madeBy(younger)],
      rivals: [younger],
      steps: [],
      reasons: ['SecretConflict'],
    },
    {
      name: 'are kept by the one who has them, elder or not',
      claimant: younger,
      present: [madeBy(younger)],
      rivals: [web],
      steps: [],
      reasons: ['SecretConflict'],
    },
  ])('$name', ({ claimant, present = [], rivals = [], ...expected }) => {
    const decision = decide(claimant, present, rivals)
    expect(steps(decision)).toEqual(expected.steps)
    expect(reasons(decision)).toEqual(expected.reasons ?? [])
  })

  it('of the same second are made by one of two, on every replica the same one', () => {
    const twin = ingress({ name: 'twin', uid: 'uid-twin' })
    expect([...steps(decide(web, [], [twin])), ...steps(decide(twin, [], [web]))]).toHaveLength(1)
  })

  it('may carry what others added', () => {
    const { object, ...rest } = madeBy(web)
    const added = { ...object, metadata: { labels: { theirs: 'yes' } }, spec: { ...wantedSpec(), isCA: false } }
    expect(decide(web, [{ ...rest, object: added }]).steps).toEqual([])
  })

  it('are told with both names and a cure', () => {
    expect(decide(younger, [madeBy(web)], [web]).complaints[0]?.message).toBe(
      'The Secret web-tls is kept by the Ingress web, which names it too; here nothing is done about it. Name another Secret, or take the issuer annotation away here.',
    )
  })
})

const wantedSpec = (): WantedCertificate['spec'] => wantedBy(web, [], habits).certificates[0]?.spec ?? {}
