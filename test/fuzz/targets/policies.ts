import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import type { Certificate } from '../../../src/api/certificate.ts'
import { readPolicyManifests } from '../../../src/cli/policymanifests.ts'
import { conflictsWith } from '../../../src/domain/policy/conflicts.ts'
import { contradictions } from '../../../src/domain/policy/contradictions.ts'
import { withDefaults } from '../../../src/domain/policy/defaults.ts'
import { judge } from '../../../src/domain/policy/judge.ts'
import { judgedRequest } from '../../../src/domain/policy/judged.ts'
import { selecting } from '../../../src/domain/policy/select.ts'
import type { Policy } from '../../../src/domain/policy/select.ts'
import { readWish } from '../../../src/domain/wish.ts'
import { isJsonObject } from '../../../src/std/json.ts'
import { jsonOf, samePlain, shownTo } from '../support.ts'

/** A rule may quote what it is about, and a list of it. */
const longestSaying = 20_000

function judgeOne({ metadata, spec }: Certificate, policies: readonly Policy[]): void {
  const applicant = { namespaceLabels: {}, labels: metadata.labels ?? {}, issuers: [spec.issuerRef] }
  const selected = selecting(policies, applicant)
  const filled = withDefaults(spec, selected)
  samePlain(withDefaults(filled, selected), filled, 'a Certificate with the defaults of policies')
  const wish = readWish(filled)
  if (!wish.ok) return shownTo(wish.error, longestSaying)
  const request = judgedRequest(wish.value, { spec: filled, applicant })
  const { breaches } = judge(selected, { request })
  for (const { message } of breaches) shownTo(message, longestSaying)
  const denied = selected.some(({ spec: { deny } }) => deny === 'Everything')
  promise(!denied || breaches.length > 0, 'what denies everything allows nothing')
  promise(selected.length > 0 || breaches.length === 0, 'a policy says nothing of what it does not select')
}

export const target: FuzzTarget = {
  about: 'CertificatePolicies and Certificates as JSON, and the verdicts on them',
  form: 'text',
  longest: 16_384,
  words: [
    '{"apiVersion":"perennial.dev/v1","kind":"Certificate",',
    '"kind":"CertificatePolicy"',
    '"spec":{',
    '"*.a.b"',
  ],
  run: (input) => {
    const value = jsonOf(input)
    const objects = (Array.isArray(value) ? (value as readonly unknown[]) : []).filter(isJsonObject)
    const read = readPolicyManifests(objects.map((object, index) => ({ place: `it:${index}`, object })))
    // Control characters go out where it is printed (src/cli/terminal.ts).
    if (!read.ok) return promise(read.error !== '' && read.error.length < 2 * longestSaying, 'a refusal is a sentence')
    const { policies, certificates } = read.value
    for (const one of policies.flatMap(contradictions)) shownTo(one, longestSaying)
    const [first, ...others] = policies
    if (first !== undefined)
      for (const one of others.flatMap((other) => conflictsWith(first, other))) shownTo(one, longestSaying)
    for (const one of certificates) judgeOne(one, policies)
  },
}
