/** Rules between the members of a Certificate's spec. */
import type { Rule } from '../rule.ts'
import { durationOf, isDurationCel } from '../texts.ts'

/** The members that rules look at. */
interface Members {
  readonly commonName?: string | undefined
  readonly subject?: unknown
  readonly literalSubject?: string | undefined
  readonly dnsNames?: readonly unknown[] | undefined
  readonly ipAddresses?: readonly unknown[] | undefined
  readonly uris?: readonly unknown[] | undefined
  readonly emailAddresses?: readonly unknown[] | undefined
  readonly otherNames?: readonly unknown[] | undefined
  readonly duration?: string | undefined
  readonly renewBefore?: string | undefined
  readonly renewBeforePercentage?: number | undefined
  readonly isCA?: boolean | undefined
  readonly nameConstraints?: unknown
  readonly privateKey?: { readonly algorithm?: string | undefined } | undefined
  readonly signatureAlgorithm?: string | undefined
}

const listed = ['dnsNames', 'ipAddresses', 'uris', 'emailAddresses', 'otherNames'] as const

const hasName: Rule<Members> = {
  cel: [
    'has(self.commonName)',
    'has(self.literalSubject)',
    ...listed.map((member) => `(has(self.${member}) && self.${member}.size() > 0)`),
  ].join(' || '),
  holds: (spec) =>
    spec.commonName !== undefined ||
    spec.literalSubject !== undefined ||
    listed.some((member) => (spec[member] ?? []).length > 0),
  message:
    'A certificate needs a name: set at least one of dnsNames, ipAddresses, uris, emailAddresses, otherNames, commonName and literalSubject.',
  accepts: [
    { dnsNames: ['a.example'] },
    { dnsNames: null, commonName: 'a' },
    { dnsNames: null, literalSubject: 'CN=a' },
    { dnsNames: null, ipAddresses: ['192.0.2.1'] },
    { dnsNames: null, uris: ['spiffe://a/b'] },
    { dnsNames: [], emailAddresses: ['a@example.com'] },
    { dnsNames: null, otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'a@example.com' }] },
  ],
  rejects: [
    { dnsNames: null },
    { dnsNames: [], uris: [] },
    { dnsNames: null, subject: { organizations: ['Example'] } },
  ],
}

const oneSubject: Rule<Members> = {
  cel: '!has(self.literalSubject) || (!has(self.subject) && !has(self.commonName))',
  holds: ({ literalSubject, subject, commonName }) =>
    literalSubject === undefined || (subject === undefined && commonName === undefined),
  message: 'literalSubject is the whole subject: drop subject and commonName, or drop literalSubject.',
  field: 'literalSubject',
  accepts: [{ literalSubject: 'CN=a,O=Example' }, { subject: { organizations: ['Example'] }, commonName: 'a' }],
  rejects: [
    { literalSubject: 'CN=a', commonName: 'a' },
    { literalSubject: 'CN=a', subject: { organizations: ['Example'] } },
  ],
}

const renewsWithinLife: Rule<Members> = {
  cel: [
    '!has(self.renewBefore)',
    `!${isDurationCel('self.renewBefore')}`,
    `(has(self.duration) && !${isDurationCel('self.duration')})`,
    "duration(self.renewBefore) < duration(has(self.duration) ? self.duration : '2160h')",
  ].join(' || '),
  holds: ({ renewBefore, duration = '2160h' }) => {
    const before = renewBefore === undefined ? undefined : durationOf(renewBefore)
    const life = durationOf(duration)
    return before === undefined || life === undefined || before < life
  },
  message:
    'renewBefore must be shorter than duration (2160h when not given), or the certificate would be renewed without end.',
  field: 'renewBefore',
  accepts: [
    { renewBefore: '720h' },
    { duration: '5m', renewBefore: '100s' },
    { duration: '24h', renewBefore: '23h59m59s' },
  ],
  rejects: [
    { renewBefore: '2160h' },
    { duration: '5m', renewBefore: '5m' },
    { duration: '1h', renewBefore: '3600.5s' },
    { duration: '24h', renewBefore: '720h' },
  ],
}

const oneRenewal: Rule<Members> = {
  cel: '!has(self.renewBefore) || !has(self.renewBeforePercentage)',
  holds: ({ renewBefore, renewBeforePercentage }) => renewBefore === undefined || renewBeforePercentage === undefined,
  message: 'renewBefore and renewBeforePercentage say the same thing in two ways: keep one of them.',
  field: 'renewBeforePercentage',
  accepts: [{ renewBeforePercentage: 33 }, { renewBefore: '1h' }],
  rejects: [{ renewBefore: '1h', renewBeforePercentage: 33 }],
}

const constraintsOfCa: Rule<Members> = {
  cel: '!has(self.nameConstraints) || (has(self.isCA) && self.isCA)',
  holds: ({ nameConstraints, isCA }) => nameConstraints === undefined || isCA === true,
  message: 'nameConstraints limit what a CA may sign: set isCA, or drop nameConstraints.',
  field: 'nameConstraints',
  accepts: [
    { isCA: true, nameConstraints: { permitted: { dnsDomains: ['example.com'] } } },
    { isCA: true, nameConstraints: { critical: true, excluded: { ipRanges: ['10.0.0.0/8'] } } },
  ],
  rejects: [
    { nameConstraints: { permitted: { dnsDomains: ['example.com'] } } },
    { isCA: false, nameConstraints: { critical: true } },
  ],
}

const signatureFitsKey: Rule<Members> = {
  cel: "!has(self.signatureAlgorithm) || (has(self.privateKey) && has(self.privateKey.algorithm) ? self.privateKey.algorithm : 'RSA') == (self.signatureAlgorithm.endsWith('RSA') ? 'RSA' : (self.signatureAlgorithm.startsWith('ECDSA') ? 'ECDSA' : 'Ed25519'))",
  holds: ({ signatureAlgorithm, privateKey }) =>
    signatureAlgorithm === undefined || keyFor(signatureAlgorithm) === (privateKey?.algorithm ?? 'RSA'),
  message:
    'signatureAlgorithm does not fit the key: SHA...WithRSA takes an RSA key (meant when privateKey.algorithm is not given), ECDSAWithSHA... an ECDSA key, PureEd25519 an Ed25519 key.',
  field: 'signatureAlgorithm',
  accepts: [
    { signatureAlgorithm: 'SHA512WithRSA' },
    { signatureAlgorithm: 'ECDSAWithSHA384', privateKey: { algorithm: 'ECDSA', size: 384 } },
    { signatureAlgorithm: 'PureEd25519', privateKey: { algorithm: 'Ed25519' } },
  ],
  rejects: [
    { signatureAlgorithm: 'ECDSAWithSHA256' },
    { signatureAlgorithm: 'SHA256WithRSA', privateKey: { algorithm: 'ECDSA' } },
    { signatureAlgorithm: 'PureEd25519', privateKey: { algorithm: 'ECDSA' } },
    { signatureAlgorithm: 'ECDSAWithSHA256', privateKey: { rotationPolicy: 'Always' } },
  ],
}

function keyFor(signatureAlgorithm: string): string {
  if (signatureAlgorithm.endsWith('RSA')) return 'RSA'
  return signatureAlgorithm.startsWith('ECDSA') ? 'ECDSA' : 'Ed25519'
}

export const certificateRules: readonly Rule<Members>[] = [
  hasName,
  oneSubject,
  renewsWithinLife,
  oneRenewal,
  constraintsOfCa,
  signatureFitsKey,
]
