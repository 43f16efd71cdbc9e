/** Helm, as people run it, with a home of its own so that nothing of theirs is read or written. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { locate } from '../../scripts/toolchain/find.ts'
import { isJsonObject } from '../../src/std/json.ts'
import { scratchDirectory } from './scratch.ts'

export const chart = 'charts/perennial'
/** Without a cluster Helm takes a version of its own, which the chart refuses. */
export const kubeVersion = '1.36.0'

/** An object as it was rendered. */
export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [member: string]: unknown
}

/**
 * @param args - of helm
 * @param input - what it reads from standard input, for example values with `-f -`
 * @returns what it wrote to standard output
 * @throws with what it wrote to standard error when it fails
 */
export async function helm(args: readonly string[], input = ''): Promise<string> {
  const home = scratchDirectory('helm')
  const env = {
    ...process.env,
    KUBECONFIG: '',
    HELM_CACHE_HOME: join(home.path, 'cache'),
    HELM_CONFIG_HOME: join(home.path, 'config'),
    HELM_DATA_HOME: join(home.path, 'data'),
  }
  const child = spawn(locate(['helm']).helm, args, { stdio: 'pipe', env })
  const out: Buffer[] = []
  const problems: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => problems.push(chunk))
  // It may end without having read what it was given.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        if (code === 0) return resolve(Buffer.concat(out).toString())
        reject(
          new Error(
            Buffer.concat([...problems, ...out])
              .toString()
              .trim() || `helm ended with ${code}`,
          ),
        )
      })
    })
  } finally {
    home.remove()
  }
}

/**
 * The objects that these values give.
 *
 * @param values - over the defaults of the chart
 * @throws with Helm's sentence when it refuses them
 */
export async function render(values: object = {}, release = 'perennial'): Promise<readonly Rendered[]> {
  const args = ['template', release, chart, '--namespace=perennial', `--kube-version=${kubeVersion}`, '-f', '-']
  const text = await helm(args, JSON.stringify(values))
  return parseAllDocuments(text).flatMap((document) => {
    // What Helm has printed was parsed by Helm.
    const object = document.toJS() as Rendered | null
    return object === null ? [] : [object]
  })
}

/** The member of an object that lies at this path. */
export function at(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return (value as readonly unknown[])[Number(key)]
    return isJsonObject(value) ? value[key] : undefined
  }, object)
}
