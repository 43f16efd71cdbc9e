/**
 * Issuer and ClusterIssuer: where certificates come from. They differ in scope only; exactly one member of the spec names the
 * protocol. A new protocol is a file in `issuer/` and a line in {@link protocolMembers}.
 */
import { z } from 'zod'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DeepReadonly } from '../std/readonly.ts'
import { acmeSpec } from './issuer/acme.ts'
import { caSpec } from './issuer/ca.ts'
import { cmpSpec } from './issuer/cmp.ts'
import { commonMembers, pemOfBundle } from './issuer/common.ts'
import { estSpec } from './issuer/est.ts'
import { scepSpec } from './issuer/scep.ts'
import { selfSignedSpec } from './issuer/selfsigned.ts'
import { issuerStatus } from './issuer/status.ts'
import { ageColumn, messageColumn, readyColumn } from './kind.ts'
import type { Kind } from './kind.ts'
import { group, version } from './meta.ts'
import type { KubeObject, SecretKeySelector } from './meta.ts'
import { parseSpec } from './parse.ts'
import { ruled } from './rule.ts'
import type { Rule } from './rule.ts'

const protocolMembers = {
  acme: acmeSpec.exactOptional(),
  ca: caSpec.exactOptional(),
  cmp: cmpSpec.exactOptional(),
  est: estSpec.exactOptional(),
  scep: scepSpec.exactOptional(),
  selfSigned: selfSignedSpec.exactOptional(),
}

/** The member of an issuer's spec that names its protocol. */
export type ProtocolName = keyof typeof protocolMembers

const isProtocolName = (name: string): name is ProtocolName => Object.hasOwn(protocolMembers, name)

/** All protocols that an issuer can name. */
export const protocolNames: readonly ProtocolName[] = Object.keys(protocolMembers).filter(isProtocolName)

const spec = z
  .object({ ...protocolMembers, ...commonMembers })
  .meta({ description: 'How certificates are got: exactly one protocol, and what holds for every protocol.' })

type SpecOutput = z.output<typeof spec>

const exactlyOne: Rule<SpecOutput> = {
  cel: `[${protocolNames.map((name) => `has(self.${name})`).join(', ')}].filter(isSet, isSet).size() == 1`,
  holds: (value) => protocolNames.filter((name) => value[name] !== undefined).length === 1,
  message: `An issuer speaks exactly one protocol: set one of ${protocolNames.join(', ')}.`,
  accepts: [{ selfSigned: {} }, { selfSigned: null, ca: { secretName: 'ca' } }],
  rejects: [{ selfSigned: null }, { selfSigned: {}, ca: { secretName: 'ca' } }],
}

const bundleRef = { caBundleSecretRef: { name: 'ca', key: 'ca.crt' } }
const bundled = {
  server: 'https://acme.example.com/directory',
  privateKeySecretRef: { name: 'account' },
  caBundle: '-----BEGIN CERTIFICATE-----',
}

const oneBundle: Rule<SpecOutput> = {
  cel: '!has(self.acme) || !has(self.acme.caBundle) || !has(self.tls) || (!has(self.tls.caBundle) && !has(self.tls.caBundleSecretRef))',
  holds: ({ acme, tls }) =>
    acme?.caBundle === undefined || (tls?.caBundle === undefined && tls?.caBundleSecretRef === undefined),
  message: 'The CA bundle is given twice: keep acme.caBundle or the one in tls.',
  field: 'tls',
  accepts: [{ selfSigned: null, acme: { ...bundled, caBundle: null }, tls: bundleRef }],
  rejects: [{ selfSigned: null, acme: bundled, tls: bundleRef }],
}

const issuerSchema = z.object({
  spec: ruled(spec, [exactlyOne, oneBundle]),
  status: issuerStatus.exactOptional(),
})

export type IssuerSpec = DeepReadonly<SpecOutput>
export type IssuerStatus = DeepReadonly<z.output<typeof issuerStatus>>

export interface Issuer extends KubeObject {
  readonly spec: IssuerSpec
  readonly status?: IssuerStatus
}

const common = {
  group,
  version,
  categories: ['perennial'],
  columns: [
    readyColumn,
    { name: 'Protocol', path: '.status.protocol', description: 'What is spoken with the CA.', type: 'string' },
    ageColumn,
    messageColumn,
  ],
  selectableFields: [],
  schema: issuerSchema,
  example: { selfSigned: {} },
} as const satisfies Partial<Kind>

export const issuerKind: Kind = {
  ...common,
  kind: 'Issuer',
  plural: 'issuers',
  singular: 'issuer',
  shortNames: ['iss'],
  namespaced: true,
  description: 'Where Certificates of the same namespace come from: a CA, and how to speak with it.',
}

export const clusterIssuerKind: Kind = {
  ...common,
  kind: 'ClusterIssuer',
  plural: 'clusterissuers',
  singular: 'clusterissuer',
  shortNames: ['ciss'],
  namespaced: false,
  description:
    "Where Certificates of every namespace come from: a CA, and how to speak with it. Its Secrets lie in the operator's namespace.",
}

/**
 * Reads an Issuer or ClusterIssuer that came from outside. Never throws.
 *
 * @returns the issuer, its status left out where it cannot be understood; or a sentence that names the path of what is wrong
 */
export function parseIssuer(object: unknown): Result<Issuer, string> {
  const parsed = parseSpec(object, issuerSchema.shape.spec)
  if (!parsed.ok) return parsed
  const status = issuerStatus.safeParse(parsed.value.status)
  const { base, spec: parsedSpec } = parsed.value
  return ok({ ...base, spec: parsedSpec, ...(status.success ? { status: status.data } : {}) })
}

/**
 * The one protocol that a spec names.
 *
 * @throws Error for a spec that names none, which {@link parseIssuer} does not let through
 */
export function protocolOf(value: IssuerSpec): ProtocolName {
  const name = protocolNames.find((candidate) => value[candidate] !== undefined)
  if (name === undefined) throw new Error('an issuer without a protocol was not parsed')
  return name
}

/** The settings of the protocol that a spec names; undefined when it names none. */
export function protocolSpec(value: IssuerSpec): NonNullable<IssuerSpec[ProtocolName]> | undefined {
  return protocolNames.map((name) => value[name]).find((member) => member !== undefined)
}

/** Whom to trust when calling the CA. `bundle` and `secret` replace the roots of the system. */
export type ServerTrust =
  | { readonly kind: 'system' }
  | { readonly kind: 'bundle'; readonly pem: string }
  | { readonly kind: 'secret'; readonly ref: SecretKeySelector }

/** @returns the trust that a spec asks for, wherever it says so */
export function serverTrust(value: IssuerSpec): ServerTrust {
  const inline = value.tls?.caBundle ?? value.acme?.caBundle
  if (inline !== undefined) return { kind: 'bundle', pem: pemOfBundle(inline) }
  const ref = value.tls?.caBundleSecretRef
  return ref === undefined ? { kind: 'system' } : { kind: 'secret', ref }
}
