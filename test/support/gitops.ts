/** What tools of GitOps make of an object, by the samples that people copy. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { at } from './helm.ts'

const documents = (path: string): readonly unknown[] =>
  parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as unknown)

const argoScript = String(
  (at(documents('examples/gitops/argocd-cm.yaml')[0], 'data') as Readonly<Record<string, string>>)[
    'resource.customizations.health.perennial.dev_*'
  ],
)

interface HealthCheck {
  readonly apiVersion: string
  readonly kind: string
  readonly current: string
  readonly failed: string
}

export const fluxChecks: readonly HealthCheck[] = documents('examples/gitops/flux-helmrelease.yaml').flatMap(
  (document) => (at(document, 'spec.healthCheckExprs') as readonly HealthCheck[] | undefined) ?? [],
)

/** The dialect that Argo CD speaks. */
const lua = 'lua5.1'
export const luaIsHere = spawnSync(lua, ['-v']).error === undefined

/** @returns what the script says of the object: status and message */
export function argoHealth(object: unknown): { readonly status: string; readonly message: string } {
  const program = `local obj = ${literal(object)}
local function judge()
${argoScript}
end
local health = judge()
io.write(health.status, "\\n", health.message or "")`
  const { stdout, stderr, status } = spawnSync(lua, ['-'], { input: program, encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(stderr)
  const [first = '', ...rest] = stdout.split('\n')
  return { status: first, message: rest.join('\n') }
}

/** JSON as a value of Lua. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(literal).join(',')}}`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `[${JSON.stringify(key)}]=${literal(member)}`)
      .join(',')}}`
  return value === null || value === undefined ? 'nil' : JSON.stringify(value)
}
