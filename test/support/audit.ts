/** What somebody asked of the API server, from its own audit log, against what their roles allow. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One thing that may be done: `get secrets`, `patch certificates.perennial.dev/status`. */
type Deed = string

export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

interface AuditEvent {
  readonly verb: string
  readonly stage: string
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
  }
  readonly responseStatus?: { readonly code?: number }
}

export interface Audit {
  /** For kube-apiserver. */
  readonly flags: readonly string[]
  /** What was asked and allowed. */
  used(): ReadonlySet<Deed>
  /** What was asked and refused. */
  refused(): ReadonlySet<Deed>
  /** The namespaces in which something was asked; undefined is the whole cluster. */
  places(): ReadonlySet<string | undefined>
}

/** @param user - whose requests are written down, for example `system:serviceaccount:perennial:perennial` */
export function auditOf(user: string, directory: string): Audit {
  const policy = join(directory, 'audit-policy.yaml')
  const log = join(directory, 'audit.log')
  const rules = [{ level: 'Metadata', users: [user], omitStages: ['RequestReceived'] }, { level: 'None' }]
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  writeFileSync(log, '')
  const events = (): readonly AuditEvent[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditEvent)
      // What has no object is the discovery of kinds, which everybody may ask for.
      .filter(({ objectRef }) => objectRef?.resource !== undefined)
  const isRefused = ({ responseStatus }: AuditEvent): boolean => responseStatus?.code === 403
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    used: () =>
      new Set(
        events()
          .filter((event) => !isRefused(event))
          .flatMap(deedsIn),
      ),
    refused: () => new Set(events().filter(isRefused).map(deedOf)),
    places: () => new Set(events().map(({ objectRef }) => objectRef?.namespace)),
  }
}

function deedOf({ verb, objectRef }: AuditEvent): Deed {
  const { apiGroup = '', resource = '', subresource } = objectRef ?? {}
  return say(verb, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`)
}

/** An apply that makes the object needs the right to create it as well, which the log does not name. */
function deedsIn(event: AuditEvent): readonly Deed[] {
  const made = event.verb === 'patch' && event.responseStatus?.code === 201
  return made ? [deedOf(event), deedOf({ ...event, verb: 'create' })] : [deedOf(event)]
}

function say(verb: string, group: string, resource: string): Deed {
  const [name = '', sub] = resource.split('/')
  const full = group === '' ? name : `${name}.${group}`
  return `${verb} ${sub === undefined ? full : `${full}/${sub}`}`
}

/** Everything that rules allow, one by one. */
export function deedsOf(rules: readonly Rule[]): ReadonlySet<Deed> {
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => say(verb, group, resource)))),
    ),
  )
}
