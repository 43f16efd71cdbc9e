/** Manifests as files hold them: YAML or JSON, several in a file, lists of `kubectl get` unpacked. */
import { LineCounter, parseAllDocuments } from 'yaml'
import { failureText, readWithin } from '../std/file.ts'
import { isJsonObject } from '../std/json.ts'
import type { JsonObject } from '../std/json.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export interface ManifestDocument {
  /** For error sentences: `issuer.yaml`, or `issuer.yaml, document 2`. */
  readonly place: string
  readonly object: JsonObject
}

/** Larger than any set of manifests that people write. */
const mostBytes = 4 * 1024 * 1024

/**
 * @param paths - files; `-` is standard input
 * @param readStdin - reads standard input to its end
 * @returns every document that is an object, in order; or a sentence that names the file and the line. Never a part of its text,
 *   which may be a secret
 */
export async function readDocuments(
  paths: readonly string[],
  readStdin: () => Promise<Uint8Array>,
): Promise<Result<readonly ManifestDocument[], string>> {
  const all: ManifestDocument[] = []
  for (const path of paths) {
    const text = await readText(path, readStdin)
    if (!text.ok) return text
    const documents = documentsIn(text.value, path === '-' ? 'standard input' : path)
    if (!documents.ok) return documents
    all.push(...documents.value)
  }
  return all.length === 0 ? err(`There is no manifest in ${paths.join(', ')}.`) : ok(all)
}

export async function readText(path: string, readStdin: () => Promise<Uint8Array>): Promise<Result<string, string>> {
  try {
    const bytes = path === '-' ? await readStdin() : await readWithin(path, mostBytes)
    if (bytes.length > mostBytes) return err(`${path} has ${bytes.length} bytes; at most ${mostBytes} are read.`)
    return ok(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    return err(`${path} cannot be read: ${failureText(error)}.`)
  }
}

/** @param name - of the file, for error sentences */
export function documentsIn(text: string, name: string): Result<readonly ManifestDocument[], string> {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
  if (!Array.isArray(parsed)) return ok([])
  const found: ManifestDocument[] = []
  for (const [index, document] of parsed.entries()) {
    const place = parsed.length === 1 ? name : `${name}, document ${index + 1}`
    const [problem] = document.errors
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0])
      const what = problem.code.toLowerCase().replaceAll('_', ' ')
      return err(`${name} is not YAML: line ${line}, column ${col}: ${what}.`)
    }
    const objects = objectsIn(document, place)
    if (!objects.ok) return objects
    found.push(...objects.value)
  }
  return ok(found)
}

function objectsIn(
  document: { toJS(options: { readonly maxAliasCount: number }): unknown },
  place: string,
): Result<readonly ManifestDocument[], string> {
  const value = plain(document)
  if (value === null) return ok([])
  if (!isJsonObject(value)) return err(`${place} is not an object with apiVersion and kind.`)
  const { kind, items } = value
  if (kind !== 'List' || !Array.isArray(items)) return ok([{ place, object: value }])
  const objects = items.filter(isJsonObject)
  return ok(objects.map((object, index) => ({ place: `${place}, item ${index + 1}`, object })))
}

/** @returns undefined for a document whose aliases would make it huge */
function plain(document: { toJS(options: { readonly maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}
