import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { fitsDns, fitsEmail, fitsRange, fitsText, fitsUri } from '../../../src/domain/policy/match.ts'
import { textOf } from '../support.ts'

/** The plainest way to match, which takes too long for long texts. */
function fitsSlowly(pattern: string, text: string): boolean {
  let reached = new Set([0])
  for (const sign of pattern) {
    const next = new Set<number>()
    for (const at of reached) {
      if (sign === '*') for (let end = at; end <= text.length; end += 1) next.add(end)
      else if (text.startsWith(sign, at)) next.add(at + sign.length)
    }
    reached = next
  }
  return reached.has(text.length)
}

export const target: FuzzTarget = {
  about: 'patterns of policies, against names that somebody asks for',
  form: 'text',
  longest: 65_536,
  words: ['*.example.com', '**', 'https://*/a/**', '*@example.com', '10.0.0.0/8', '::1/128', '\n'],
  run: (input) => {
    const [pattern = '', name = ''] = textOf(input).split('\n')
    const fits = fitsText(pattern, name)
    if (pattern.length <= 12 && name.length <= 30)
      promise(fits === fitsSlowly(pattern, name), 'a pattern fits what it says')
    fitsRange(pattern, name)
    for (const one of [fitsDns, fitsEmail, fitsUri])
      promise(!one(pattern, name, 'covers') || one(pattern, name, 'overlaps'), 'what is covered overlaps')
  },
}
