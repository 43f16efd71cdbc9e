/** RFC 6902 as the API server does it (json-patch 4.13): what is missing is null to a test. */
interface Operation {
  readonly op: 'test' | 'add' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** @returns undefined where the patch does not fit */
export function jsonPatched(object: unknown, operations: unknown): unknown {
  const copy: unknown = structuredClone(object)
  return (operations as readonly Operation[]).every((operation) => isDone(copy, operation)) ? copy : undefined
}

function isDone(object: unknown, { op, path, value }: Operation): boolean {
  const names = path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = names.pop() ?? ''
  const holder = names.reduce<unknown>((held, name) => (held as Record<string, unknown> | undefined)?.[name], object)
  if (typeof holder !== 'object' || holder === null) return false
  const members = holder as Record<string, unknown>
  if (op === 'test') return sorted(members[last] ?? null) === sorted(value ?? null)
  if (op === 'remove') return last in members && delete members[last]
  members[last] = value
  return true
}

/** The same text for the same value, whatever the order of members. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
