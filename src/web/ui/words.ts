/** Findings in a word, and how bad they are. */
import { findings } from '../../domain/inventory/findings.ts'
import type { Tone } from './parts.tsx'

interface Word {
  readonly title: string
  readonly severity: Tone
}

const words: ReadonlyMap<string, Word> = new Map(Object.entries(findings))

export const titleOf = (finding: string): string => words.get(finding)?.title ?? finding
export const toneOf = (finding: string): Tone => words.get(finding)?.severity ?? 'warning'
