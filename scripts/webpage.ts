/** Builds the page of the inventory: one script, one style sheet, one document, one picture. Nothing else is loaded by it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Metafile, Plugin } from 'esbuild'
import type { PageFiles } from '../src/web/assets.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = join(root, 'src', 'web', 'ui')

/** @returns the files as they are served, and what the script is made of */
export async function buildPage(): Promise<{ readonly files: PageFiles; readonly metafile: Metafile }> {
  const bundled = (entry: string): Promise<Bundled> => bundle(join(sources, entry))
  const plain = (name: string): string => readFileSync(join(sources, name), 'utf8')
  const [script, style] = await Promise.all([bundled('main.tsx'), bundled('page.css')])
  const files = { html: plain('page.html'), script: script.text, style: style.text, icon: plain('icon.svg') }
  return { files, metafile: script.metafile }
}

interface Bundled {
  readonly text: string
  readonly metafile: Metafile
}

async function bundle(entry: string): Promise<Bundled> {
  const { outputFiles, metafile } = await build({
    metafile: true,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    target: ['chrome115', 'firefox115', 'safari16.4'],
    format: 'esm',
    minify: true,
    legalComments: 'none',
    tsconfig: join(sources, 'tsconfig.json'),
  })
  return { text: outputFiles[0]?.text ?? '', metafile }
}

/** Where an operator that is run from its sources looks for the page. */
export function writePage({ html, script, style, icon }: PageFiles): void {
  const folder = join(root, 'dist', 'web')
  mkdirSync(folder, { recursive: true })
  const files = { 'page.html': html, 'page.js': script, 'page.css': style, 'icon.svg': icon }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

/** Puts the page into a bundle of the operator, so that it stays one file. */
export const pageInside = (page: PageFiles): Plugin => ({
  name: 'page-inside',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]web[/\\]assets\.ts$/ }, () => ({
      contents: `export const pageFiles = () => Promise.resolve({ ok: true, value: ${JSON.stringify(page)} })`,
    }))
  },
})
