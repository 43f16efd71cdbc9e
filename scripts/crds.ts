/**
 * Writes the CustomResourceDefinitions that src/api describes.
 *
 *   tsx scripts/crds.ts            writes crds/ and the templates of the Helm chart
 *   tsx scripts/crds.ts --check    changes nothing; fails when a file is not what src/api says
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { crdOf } from '../src/api/emit.ts'
import { kinds } from '../src/api/kinds.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const chart = 'charts/perennial/templates/crds'
const folders = ['crds', chart]
const header = '# Made from src/api by `npm run crds`. Changes go there.\n'

/**
 * Text of every file by its name.
 *
 * @param folder - in the chart they are templates, because Helm neither upgrades nor keeps what lies in its own folder for them
 */
export function crdFiles(folder: string): ReadonlyMap<string, string> {
  return new Map(
    kinds.map((kind) => {
      const text = stringify(crdOf(kind), { lineWidth: 0, aliasDuplicateObjects: false })
      return [`${kind.group}_${kind.plural}.yaml`, header + (folder.startsWith('charts/') ? asTemplate(text) : text)]
    }),
  )
}

const keep = `metadata:
  {{- if .Values.crds.keep }}
  annotations: {helm.sh/resource-policy: keep}
  {{- end }}
`

function asTemplate(crd: string): string {
  if (crd.includes('{{')) throw new Error('A CRD holds {{, which Helm would take for its own: escape it here.')
  return `{{- if .Values.crds.enabled }}\n${crd.replace('metadata:\n', keep)}{{- end }}\n`
}

async function write(folder: string): Promise<void> {
  const files = crdFiles(folder)
  await mkdir(join(root, folder), { recursive: true })
  for (const name of await strays(folder, files)) await rm(join(root, folder, name))
  for (const [name, text] of files) await writeFile(join(root, folder, name), text)
  console.log(`wrote ${files.size} files into ${folder}`)
}

/** @returns a sentence for each file that is not as it should be */
async function check(folder: string): Promise<readonly string[]> {
  const files = crdFiles(folder)
  const complaints = (await strays(folder, files)).map((name) => `${folder}/${name} belongs to no kind in src/api.`)
  for (const [name, text] of files) {
    const found = await readFile(join(root, folder, name), 'utf8').catch(() => undefined)
    if (found !== text)
      complaints.push(`${folder}/${name} is ${found === undefined ? 'missing' : 'not what src/api says'}.`)
  }
  return complaints
}

async function strays(folder: string, files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const present = await readdir(join(root, folder)).catch(() => [])
  return present.filter((name) => name.endsWith('.yaml') && !files.has(name))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const complaints = (await Promise.all(folders.map(check))).flat()
    if (complaints.length > 0) {
      console.error(`${complaints.join('\n')}\nRun \`npm run crds\` and commit what it writes.`)
      process.exitCode = 1
    }
  } else {
    for (const folder of folders) await write(folder)
  }
}
