/**
 * The files of the page. The build puts them into the bundle in place of this module; run from its sources, the operator takes
 * them from where the build left them.
 */
import { readFile } from 'node:fs/promises'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export interface PageFiles {
  readonly html: string
  readonly script: string
  readonly style: string
  readonly icon: string
}

const folder = new URL('../../dist/web/', import.meta.url)

/** @returns the files, or a sentence about what to do to get them */
export async function pageFiles(): Promise<Result<PageFiles, string>> {
  const read = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8')
  try {
    const [html, script, style, icon] = await Promise.all(['page.html', 'page.js', 'page.css', 'icon.svg'].map(read))
    return ok({ html: html ?? '', script: script ?? '', style: style ?? '', icon: icon ?? '' })
  } catch {
    return err('The page has not been built: run npm run build. The API under /api/ works without it.')
  }
}
