/** An inventory as a middling platform has it, for looking at the page. */
import type { Issuer } from '../../src/api/issuer.ts'
import type { CertificatePolicy } from '../../src/api/policy.ts'
import type { Consumer, InventoryItem } from '../../src/domain/inventory/item.ts'
import { days, hours, minus, plus, toRfc3339 } from '../../src/std/time.ts'
import { authorityFacts, facts, foundItem, item, management, named, now } from './inventoryitems.ts'
import type { SiteOptions } from './inventorysite.ts'

const teams = ['shop', 'bank', 'media', 'iot-gateway', 'platform'] as const
const services = ['web', 'api', 'login', 'search', 'billing', 'images', 'events', 'admin', 'metrics', 'queue'] as const
const origins = [
  { issuer: { kind: 'ClusterIssuer', name: 'letsencrypt' }, protocol: 'acme', life: 90 },
  { issuer: { kind: 'Issuer', name: 'factory-est' }, protocol: 'est', life: 30 },
  { issuer: { kind: 'Issuer', name: 'ndes' }, protocol: 'scep', life: 365 },
  { issuer: { kind: 'ClusterIssuer', name: 'corporate-cmp' }, protocol: 'cmp', life: 180 },
] as const

const hex = (seed: number, length: number): string =>
  Array.from({ length }, (_, index) => (((seed + 7) * (index + 3) * 2654435761) >>> 7).toString(16).at(-1)).join('')

/** Of `life` days, a share of which is gone. */
const lived = (life: number, share: number) => ({
  notBefore: minus(now, days(life * share)),
  notAfter: plus(now, days(life * (1 - share))),
})

function good(index: number): InventoryItem {
  const origin = origins[index % origins.length] ?? origins[0]
  const namespace = teams[index % teams.length] ?? 'shop'
  const name = `${services[index % services.length] ?? 'web'}${index >= services.length ? `-${Math.floor(index / services.length)}` : ''}`
  const host = `${name}.${namespace}.example.com`
  const share = ((index * 37) % 64) / 100
  return item({
    namespace,
    name,
    owner: `team-${namespace}`,
    facts: facts({
      ...lived(origin.life, share),
      subject: named(host),
      names: [host, `${name}.internal.example.com`, `*.${name}.${namespace}.svc`]
        .slice(0, 1 + (index % 3))
        .map((value) => ({ type: 'dns', value })),
      serialNumber: hex(index, 32).toUpperCase(),
      fingerprint: hex(index + 100, 64),
      publicKeyHash: hex(index + 200, 64),
      key: index % 3 === 0 ? { algorithm: 'RSA', size: 3072 } : { algorithm: 'ECDSA', size: 256 },
    }),
    chain: [
      authorityFacts({ fingerprint: hex(1, 64) }),
      authorityFacts({
        subject: named('Example Root'),
        issuer: named('Example Root'),
        subjectKeyId: 'root',
        selfSigned: true,
        fingerprint: hex(2, 64),
      }),
    ],
    management: management({
      issuer: origin.issuer,
      protocol: origin.protocol,
      renewalTime: plus(now, days(origin.life * (2 / 3 - share))),
      revision: 1 + (index % 7),
    }),
  })
}

const refused = {
  code: 'CaRefused',
  message:
    'The CA refused the request: badCertTemplate. Ask its operator which names may be requested, or change spec.dnsNames.',
  time: minus(now, hours(3)),
  nextTry: plus(now, hours(1)),
}

const troubled: readonly InventoryItem[] = [
  item({
    namespace: 'bank',
    name: 'payments',
    owner: 'team-bank',
    facts: facts({
      ...lived(90, 0.92),
      subject: named('payments.bank.example.com'),
      names: [{ type: 'dns', value: 'payments.bank.example.com' }],
      serialNumber: hex(71, 32).toUpperCase(),
      fingerprint: hex(72, 64),
    }),
    management: management({
      issuer: { kind: 'ClusterIssuer', name: 'corporate-cmp' },
      protocol: 'cmp',
      renewalTime: minus(now, days(22)),
      revision: 4,
      past: [1, 2, 3].map((back) => ({
        serialNumber: hex(71 + back, 32).toUpperCase(),
        notBefore: minus(now, days(83 + back * 60)),
        issuer: back === 2 ? 'ClusterIssuer/letsencrypt' : 'ClusterIssuer/corporate-cmp',
      })),
      failure: refused,
      violations: [
        {
          policy: 'production-keys',
          mode: 'Enforce',
          rule: 'rules.key.ECDSA.minSize',
          message: 'The key is ECDSA 256, and at least ECDSA 384 is allowed. Set spec.privateKey.size.',
        },
        {
          policy: 'short-lives',
          mode: 'Audit',
          rule: 'rules.duration.max',
          message: 'It lives 2160h, and 1128h at most is allowed. Set spec.duration.',
        },
      ],
      message: 'The certificate is good until 2026-12-01; its renewal fails.',
    }),
  }),
  item({
    namespace: 'media',
    name: 'uploads',
    owner: 'team-media',
    state: 'failing',
    facts: undefined,
    chain: [],
    management: management({
      issuer: { kind: 'ClusterIssuer', name: 'corporate-cmp' },
      protocol: 'cmp',
      revision: 0,
      failure: refused,
      message: refused.message,
      renewalTime: undefined,
    }),
  }),
  item({
    namespace: 'iot-gateway',
    name: 'sensors',
    state: 'issuing',
    facts: undefined,
    chain: [],
    management: management({
      issuer: { kind: 'Issuer', name: 'factory-est' },
      protocol: 'est',
      revision: 0,
      message: 'The CA has the request and wants to be asked again.',
      renewalTime: undefined,
      enrollment: { phase: 'pending', note: 'A person at the CA must approve.', startedAt: minus(now, hours(2)) },
    }),
  }),
  foundItem({
    namespace: 'platform',
    name: 'legacy-vpn',
    facts: facts({
      ...lived(365, 1.02),
      subject: named('vpn.example.com'),
      key: { algorithm: 'RSA', size: 1024 },
      signatureHash: 'sha1',
      names: [],
      fingerprint: hex(81, 64),
    }),
  }),
  foundItem({
    namespace: 'platform',
    name: 'registry',
    owner: 'team-platform',
    facts: facts({
      ...lived(3650, 0.3),
      subject: named('registry.internal'),
      names: [{ type: 'dns', value: 'registry.internal' }],
      selfSigned: true,
      issuer: named('registry.internal'),
      fingerprint: hex(82, 64),
    }),
    chain: [],
  }),
  foundItem({
    namespace: 'shop',
    name: 'old-front',
    facts: facts({
      ...lived(365, 0.95),
      subject: named('www.shop.example.com'),
      names: [{ type: 'dns', value: 'www.shop.example.com' }],
      fingerprint: hex(83, 64),
    }),
    chain: [authorityFacts({ subjectKeyId: 'other' })],
  }),
  foundItem({
    namespace: 'media',
    name: 'cdn',
    facts: undefined,
    chain: [],
    unreadable: 'a PEM block has no matching END line; it may have been cut off',
  }),
  foundItem({
    kind: 'ConfigMap',
    namespace: 'platform',
    name: 'corporate-roots',
    entry: 'bundle.pem',
    secretName: undefined,
    others: 11,
    facts: authorityFacts({ ...lived(3650, 0.97), fingerprint: hex(84, 64) }),
    chain: [],
  }),
]

const at = (before: number): string => toRfc3339(minus(now, hours(before)))

const issuer = (
  name: string,
  namespace: string | undefined,
  told: { ready: boolean; protocol: string; message: string },
): Issuer => ({
  apiVersion: 'perennial.dev/v1',
  kind: namespace === undefined ? 'ClusterIssuer' : 'Issuer',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec: { selfSigned: {} },
  status: {
    protocol: told.protocol,
    lastProbeTime: at(0.1),
    conditions: [
      {
        type: 'Ready',
        status: told.ready ? 'True' : 'False',
        lastTransitionTime: at(told.ready ? 700 : 5),
        reason: told.ready ? 'Probed' : 'CaUnreachable',
        message: told.message,
      },
    ],
    credentials:
      told.protocol === 'acme' ? [] : [{ name: 'CA certificate', notAfter: toRfc3339(plus(now, days(420))) }],
  },
})

const authority = (state: 'Current' | 'Former', keyId: string) =>
  ({ subject: 'CN=Example CA', role: 'Root', state, keyId, fingerprintSHA256: hex(90, 64), since: at(30) }) as const

/** Its CA was replaced, and it may be asked at night, for so many. */
function paced(plain: Issuer): Issuer {
  const { status, spec } = plain
  const changes = {
    type: 'CAChange',
    status: 'True',
    reason: 'CAChanged',
    lastTransitionTime: at(30),
    message: `"CN=Example CA" took the place of "CN=Example CA" at ${at(30)}; certificates of the former are re-issued from ${at(29)} until ${at(-40)}.`,
  } as const
  return {
    ...plain,
    spec: {
      ...spec,
      rollover: { spread: '70h' },
      renewalWindows: [{ schedule: '0 2 * * *', duration: '4h' }],
      limits: { certificatesPerHour: 200, certificatesPerDay: 2000 },
    },
    status: {
      ...status,
      authorities: [authority('Current', 'next'), authority('Former', 'ca')],
      conditions: [...(status?.conditions ?? []), changes],
    },
  }
}

const policy = (
  name: string,
  spec: CertificatePolicy['spec'],
  [status, reason, message]: readonly ['True' | 'False', string, string],
  [selected, violating]: readonly [number, number] = [0, 0],
): CertificatePolicy => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'CertificatePolicy',
  metadata: { name },
  spec,
  status: {
    selected,
    violating,
    conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: at(40) }],
  },
})

const policies: readonly CertificatePolicy[] = [
  policy(
    'production-keys',
    { rules: {} },
    ['True', 'Applied', 'Enforced for 41 Certificates; one is not allowed.'],
    [41, 1],
  ),
  policy(
    'short-lives',
    { mode: 'Audit', rules: {} },
    ['True', 'Applied', 'Watches 87 Certificates; one is not allowed.'],
    [87, 1],
  ),
  policy(
    'names-of-media',
    { rules: {} },
    [
      'False',
      'Contradictory',
      'It is applied as it is written. rules.names.dns.allow has .media.example.com, which rules.names.dns.deny takes back; drop one of the two.',
    ],
    [18, 0],
  ),
  policy('staging', { rules: {} }, [
    'True',
    'SelectsNothing',
    'It selects no Certificate; compare spec.selector with the labels of namespaces and Certificates, and with the issuers that these name.',
  ]),
]

const consumersFor = (items: readonly InventoryItem[]): Readonly<Record<string, readonly Consumer[]>> =>
  Object.fromEntries(
    items
      .filter((_, index) => index % 3 !== 2)
      .map(({ id, namespace, name }, index) => [
        id,
        [{ kind: index % 2 === 0 ? 'Ingress' : 'Gateway', namespace, name: `${name}-public` }],
      ]),
  )

const all = [...Array.from({ length: 84 }, (_, index) => good(index)), ...troubled]

export const sampleInventory: SiteOptions = {
  now,
  items: all,
  consumers: consumersFor(all),
  policies,
  clusterIssuers: [
    issuer('letsencrypt', undefined, {
      ready: true,
      protocol: 'acme',
      message: 'The directory answers, and the account is valid.',
    }),
    issuer('corporate-cmp', undefined, {
      ready: false,
      protocol: 'cmp',
      message:
        'https://pki.example.com/cmp does not answer: connection refused. Check that the CA runs and that the network policy lets the operator reach it.',
    }),
  ],
  issuers: [
    paced(
      issuer('factory-est', 'iot-gateway', { ready: true, protocol: 'est', message: 'The CA gave its certificates.' }),
    ),
    issuer('ndes', 'media', { ready: true, protocol: 'scep', message: 'The CA told its capabilities.' }),
  ],
  asked: new Map([['Issuer/iot-gateway/factory-est', { perHour: 23, perDay: 411 }]]),
  lookup: ({ kind, name }) =>
    Promise.resolve({
      consumers: kind === 'Certificate' ? [{ kind: 'Pod', namespace: 'bank', name: `${name}-7d9f8-x2x4p` }] : [],
      moments:
        kind === 'Certificate'
          ? [{ at: at(23), kind: 'failed', title: 'IssuanceFailed (3 times)', text: refused.message }]
          : [],
      unread: kind === 'Certificate' ? [] : ['You may not list pods in this namespace, so none are shown.'],
    }),
}
