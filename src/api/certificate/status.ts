/** What Perennial tells about a Certificate. Nothing here is secret. */
import { z } from 'zod'
import { conditions, observedGeneration } from '../meta.ts'
import { anyObject, list, text, timestamp } from '../schema.ts'

const answer = z
  .object({
    type: z
      .enum(['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'])
      .meta({ description: 'The type of the challenge.' }),
    identifier: text(253, 'The DNS name or IP address under proof.'),
    token: z.string().max(1024).meta({ description: 'The token of the challenge; empty where it has none.' }),
    value: text(4096, 'The answer that the CA looks for. Public by nature.'),
    label: text(
      63,
      'What stands before the name of the record, where each account has one of its own.',
    ).exactOptional(),
    solver: z.int().min(0).max(1000).exactOptional().meta({ description: 'Which of solvers shows it.' }),
  })
  .meta({ description: 'One answer to a challenge of the CA.' })

const ticket = z
  .object({
    version: z.int().min(0).meta({ description: 'The version of the form of state.' }),
    phase: text(64, 'What the enrollment waits for, in one word.'),
    state: anyObject('What the protocol must remember. Its form is the affair of the protocol.'),
    outside: z.boolean().exactOptional().meta({
      description: 'Whether something is shown outside the cluster that must be taken down at the end.',
    }),
    answers: list(answer, {
      max: 1000,
      description: 'Answers to challenges that are served while this enrollment lasts.',
    }).exactOptional(),
    solvers: list(anyObject('A solver of the issuer, without its selector.'), {
      max: 32,
      description: 'How answers are shown, as the issuer said it when they were made.',
    }).exactOptional(),
  })
  .meta({ description: 'What any replica needs to go on with the enrollment.' })

const issuerOf = (description: string) =>
  z
    .object({
      name: text(253, 'The name of the issuer.'),
      kind: z.enum(['Issuer', 'ClusterIssuer']).meta({ description: 'The kind of the issuer.' }),
      group: text(253, 'The API group of the issuer.'),
    })
    .meta({ description })

const enrollment = z
  .object({
    protocol: text(64, 'The protocol that is spoken with the CA.'),
    phase: text(64, 'What the enrollment waits for, in one word.'),
    note: z.string().max(4096).exactOptional().meta({ description: 'What the enrollment waits for, in a sentence.' }),
    startedAt: timestamp('When the enrollment began.'),
    requestHash: text(128, 'Which wish the enrollment answers to: a hash of what was asked for.'),
    issuer: text(256, 'Which issuer is asked: its uid and generation.'),
    issuerRef: issuerOf('The issuer that is asked. The ticket belongs to it.').exactOptional(),
    because: z.string().max(4096).exactOptional().meta({ description: 'Why not an issuer that is named before it.' }),
    keyHash: text(128, 'The key of the request: SHA-256 of its public half.'),
    replaces: text(128, 'The serial number of the certificate that is to be replaced.').exactOptional(),
    ticket: ticket.exactOptional(),
    askedAt: timestamp('When the CA was last asked. Absent while the request is made and not sent.').exactOptional(),
    nextPollTime: timestamp('When the CA is asked again.').exactOptional(),
  })
  .meta({ description: 'The exchange with the CA that is under way.' })

const lastFailure = z
  .object({
    code: text(64, 'The class of the failure, from a closed list.'),
    message: z.string().max(4096).meta({ description: 'What happened, to which thing, and what to do.' }),
    time: timestamp('When it happened.'),
    attempts: z
      .int()
      .min(0)
      .exactOptional()
      .meta({ description: 'Failed attempts in a row at the same wish, with the same issuer.' }),
    recent: list(timestamp('When an attempt failed.'), {
      max: 10,
      description:
        'When the CA last said no, or answered wrongly, oldest first. Limited to three an hour, so that nothing loops.',
    }).exactOptional(),
    requestHash: text(128, 'Which wish failed: hashes of what was asked for and of how it is kept.').exactOptional(),
    issuer: text(256, 'Which issuer was asked: its uid and generation.').exactOptional(),
    nextTryTime: timestamp('When it is tried again. Absent when a change by a person is awaited.').exactOptional(),
    renewRequest: z
      .string()
      .max(4096)
      .exactOptional()
      .meta({ description: 'The request for renewal that was served by this attempt.' }),
  })
  .meta({ description: 'The last failure, until an issuance succeeds.' })

const renewalInfo = z
  .object({
    serialNumber: text(128, 'The serial number of the certificate that the advice is for.'),
    windowStart: timestamp('The start of the suggested window.').exactOptional(),
    windowEnd: timestamp('The end of the suggested window.').exactOptional(),
    explanationURL: text(2048, 'Where the CA explains its suggestion.').exactOptional(),
    checkedAt: timestamp('When the CA was last asked.'),
    askAgainAt: timestamp('When the CA is asked again.'),
    message: z
      .string()
      .max(4096)
      .exactOptional()
      .meta({ description: 'Why there is no suggestion, when the CA could not be asked.' }),
  })
  .meta({ description: 'When the CA suggests to renew (RFC 9773).' })

const violation = z
  .object({
    policy: text(253, 'The CertificatePolicy.'),
    mode: z.enum(['Enforce', 'Audit']).meta({ description: 'Whether the policy is enforced.' }),
    rule: text(128, 'The rule, as a path below the spec of the policy.'),
    about: z.enum(['Request', 'Certificate']).meta({
      description: 'Whether what is asked for breaks the rule, or only the certificate that was issued.',
    }),
    message: z.string().max(4096).meta({ description: 'What is wrong, and what is allowed.' }),
  })
  .meta({ description: 'A rule of a policy that is not kept.' })

const policy = z
  .object({
    judgedBy: list(text(253, 'The name of a CertificatePolicy.'), {
      max: 64,
      description: 'The policies that select this Certificate.',
    }),
    violations: list(violation, { max: 16, description: 'The rules that it does not keep.' }),
  })
  .meta({ description: 'What policies say of it. Absent where none selects it.' })

const issuedBy = z
  .object({
    name: text(253, 'The name of the issuer.'),
    kind: text(63, 'The kind of the issuer.'),
    group: text(253, 'The API group of the issuer.'),
    protocol: text(64, 'The protocol that was spoken.').exactOptional(),
  })
  .meta({ description: 'The issuer that the certificate in the Secret came from.' })

const past = z
  .object({
    serialNumber: text(128, 'Its serial number, upper-case hex.'),
    notBefore: timestamp('The moment from which it was valid.'),
    notAfter: timestamp('The moment at which it expires.'),
    issuer: text(320, 'The issuer that it came from, as kind/name.').exactOptional(),
  })
  .meta({ description: 'A certificate that was replaced.' })

export const certificateStatus = z
  .object({
    conditions: conditions.exactOptional(),
    observedGeneration: observedGeneration.exactOptional(),
    notBefore: timestamp('The moment from which the certificate in the Secret is valid.').exactOptional(),
    notAfter: timestamp('The moment at which the certificate in the Secret expires.').exactOptional(),
    renewalTime: timestamp('The moment from which it will be replaced.').exactOptional(),
    revision: z
      .int()
      .min(0)
      .exactOptional()
      .meta({ description: 'How many certificates have been issued for this object.' }),
    serialNumber: text(128, 'The serial number of the certificate in the Secret, upper-case hex.').exactOptional(),
    fingerprintSHA256: text(64, 'The SHA-256 of the certificate in the Secret, lower-case hex.').exactOptional(),
    protocol: text(64, 'The protocol of the issuer.').exactOptional(),
    issuedBy: issuedBy.exactOptional(),
    history: list(past, { max: 5, description: 'The certificates before this one, newest first.' }).exactOptional(),
    enrollment: enrollment.exactOptional(),
    failedIssuanceAttempts: z
      .int()
      .min(0)
      .exactOptional()
      .meta({ description: 'Attempts that failed since the last success.' }),
    lastFailure: lastFailure.exactOptional(),
    otherFailures: list(lastFailure, {
      max: 8,
      description: 'The last failure at each other issuer of the Certificate, until an issuance succeeds.',
    }).exactOptional(),
    repairs: list(timestamp('When the Secret was put right.'), {
      max: 10,
      description:
        'When the Secret was last put right after somebody else had changed or removed it, oldest first. Limited, so that nobody fights over it.',
    }).exactOptional(),
    renewalInfo: renewalInfo.exactOptional(),
    policy: policy.exactOptional(),
  })
  // It has one owner, so that the server need not keep and compare who owns which of its fields: that would be a third of every
  // Certificate, to be read and written with each of its versions.
  .meta({
    description: 'What Perennial found and did. Written by Perennial alone.',
    'x-kubernetes-map-type': 'atomic',
  })

export { ticket as enrollmentTicket }
