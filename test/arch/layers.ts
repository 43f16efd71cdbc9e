/** The import table: what each part of `src` may import. A part not named here may not exist. */

/** Another part of `src`, as a prefix of the paths of its files; `typesOnly` when nothing of it may run here. */
export interface Allowed {
  readonly prefix: string
  readonly typesOnly?: true
}

export interface Layer {
  /** Prefix of the paths of its files. The longest prefix that fits a file is its layer. */
  readonly prefix: string
  readonly own: readonly Allowed[]
  readonly packages: readonly string[]
}

const code = (prefix: string): Allowed => ({ prefix: `src/${prefix}` })
const types = (prefix: string): Allowed => ({ prefix: `src/${prefix}`, typesOnly: true })

/** @param name - the folder's or file's path below `src`; a layer may always import its own files */
const layer = (name: string, own: readonly Allowed[], packages: readonly string[] = []): Layer => ({
  prefix: `src/${name}`,
  own: [code(name), ...own],
  packages,
})

/** A protocol sees the contract, the outside world through it, and its own member of the Issuer's spec; never another protocol. */
const protocol = (name: string): Layer =>
  layer(`enroll/${name}/`, [
    code('enroll/enroller.ts'),
    types('enroll/authorities.ts'),
    types('enroll/challenge.ts'),
    code('enroll/solvers/'),
    code('enroll/outcomes.ts'),
    code('enroll/transport.ts'),
    code('enroll/secrets.ts'),
    code('enroll/crlreasons.ts'),
    code('net/'),
    code('pki/'),
    code('domain/fault.ts'),
    code('domain/facts.ts'),
    code('domain/wanted.ts'),
    code('domain/name.ts'),
    types(`api/issuer/${name}.ts`),
    code('std/'),
  ])

const controllers = [
  code('kube/'),
  code('runtime/'),
  code('enroll/enroller.ts'),
  types('enroll/authorities.ts'),
  types('enroll/challenge.ts'),
  types('enroll/surroundings.ts'),
  code('enroll/table.ts'),
  code('domain/'),
  code('api/'),
  code('pki/'),
  types('obs/'),
  types('net/'),
  code('std/'),
  code('controllers/names.ts'),
  code('controllers/context.ts'),
]

export const protocolFolders = ['acme', 'ca', 'cmp', 'est', 'scep', 'selfsigned'] as const

export const layers: readonly Layer[] = [
  // The composition root: main.ts and its neighbours.
  { prefix: 'src/', own: [code('')], packages: ['zod'] },
  // The tool without a cluster puts the client together anew. Of the controllers it takes what knows no cluster.
  layer(
    'cli/',
    [
      code('connections.ts'),
      code('surroundings.ts'),
      code('version.ts'),
      code('controllers/certificate/passwords.ts'),
      code('controllers/certificate/render.ts'),
      code('controllers/challenge/responder.ts'),
      code('controllers/issuer/session.ts'),
      types('controllers/issuer/live.ts'),
      code('runtime/clock.ts'),
      code('enroll/enroller.ts'),
      types('enroll/'),
      code('enroll/table.ts'),
      code('net/'),
      code('obs/redact.ts'),
      code('pki/'),
      code('domain/'),
      code('api/'),
      code('std/'),
    ],
    ['yaml', 'zod'],
  ),
  // What needs a cluster uses the person's own rights at it.
  layer(
    'cli/cluster/',
    [
      code('cli/'),
      code('version.ts'),
      code('controllers/names.ts'),
      types('enroll/'),
      code('enroll/table.ts'),
      code('kube/'),
      code('pki/'),
      code('domain/'),
      code('api/'),
      code('std/'),
      code('web/rows.ts'),
      types('web/contract.ts'),
    ],
    ['yaml'],
  ),
  layer('controllers/', controllers),
  // A Certificate asks how its issuer is, through what the issuer controller keeps for it.
  layer('controllers/certificate/', [...controllers, code('controllers/issuer/live.ts')]),
  layer('controllers/issuer/', controllers),
  // Ingresses and Gateways ask for Certificates, which lie in the cache of those.
  layer('controllers/ingress/', [...controllers, code('controllers/certificate/certificates.ts')]),
  // An order to revoke speaks of what lies in a Certificate's Secret, and is carried out through its issuer.
  layer('controllers/revocation/', [
    ...controllers,
    code('controllers/certificate/certificates.ts'),
    code('controllers/certificate/finalizers.ts'),
    types('controllers/certificate/projection.ts'),
    code('controllers/issuer/live.ts'),
  ]),
  // The inventory reads what the other controllers keep.
  layer('controllers/inventory/', [
    ...controllers,
    types('controllers/certificate/certificates.ts'),
    types('controllers/certificate/projection.ts'),
    types('controllers/ingress/claimants.ts'),
    code('controllers/ingress/kinds.ts'),
    types('controllers/issuer/issuers.ts'),
    types('controllers/policy/policies.ts'),
  ]),
  layer('controllers/notify/', controllers),
  // Answers to challenges stand in the status of Certificates.
  layer('controllers/challenge/', [...controllers, types('controllers/certificate/certificates.ts')]),
  ...protocolFolders.map(protocol),
  // Ways to prove control of a name, for protocols that ask for it. A provider sees its contract, never another provider.
  layer('enroll/solvers/', [
    code('enroll/enroller.ts'),
    types('enroll/challenge.ts'),
    code('enroll/outcomes.ts'),
    code('enroll/secrets.ts'),
    code('enroll/transport.ts'),
    types('enroll/surroundings.ts'),
    code('net/'),
    code('pki/'),
    code('domain/fault.ts'),
    types('api/issuer/'),
    code('std/'),
  ]),
  layer('enroll/table.ts', [
    ...protocolFolders.map((name) => code(`enroll/${name}/`)),
    types('enroll/'),
    types('api/'),
    types('domain/fault.ts'),
  ]),
  layer('enroll/secrets.ts', [
    types('enroll/enroller.ts'),
    code('domain/fault.ts'),
    types('domain/facts.ts'),
    code('pki/'),
    code('std/'),
  ]),
  layer('enroll/transport.ts', [code('domain/fault.ts'), types('net/')]),
  layer('enroll/surroundings.ts', [types('net/'), types('std/')]),
  layer('enroll/authorities.ts', [types('std/')]),
  layer('enroll/crlreasons.ts', [types('enroll/enroller.ts')]),
  layer('enroll/outcomes.ts', [types('enroll/enroller.ts'), code('domain/fault.ts'), code('std/')]),
  layer('enroll/challenge.ts', [types('domain/'), types('std/'), types('enroll/enroller.ts')]),
  layer('enroll/enroller.ts', [
    types('enroll/'),
    types('api/'),
    types('domain/'),
    types('net/'),
    types('pki/'),
    types('std/'),
  ]),
  // Ways to reach people. What is told whom is decided in the domain.
  layer('notify/', [code('domain/notify/'), types('net/'), code('std/')], ['nodemailer', 'yaml', 'zod']),
  layer('kube/', [types('api/'), code('std/')], ['@kubernetes/client-node', 'undici']),
  layer('runtime/', [code('std/')]),
  layer('net/', [code('std/')], ['undici']),
  layer('pki/', [code('domain/'), code('std/')]),
  layer('domain/', [types('api/'), code('std/')]),
  layer('api/', [code('std/')], ['zod']),
  // Answers about the inventory for whoever may have them, and the page that shows them.
  layer('web/', [
    types('controllers/inventory/'),
    code('kube/'),
    types('net/'),
    code('domain/'),
    types('api/'),
    code('std/'),
  ]),
  // What runs in a browser takes nothing from here but the forms of the answers.
  layer('web/ui/', [types('web/contract.ts'), code('domain/inventory/findings.ts')], ['preact']),
  layer('obs/', [code('std/')], ['pino', 'prom-client']),
  layer('std/', []),
]
