import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { joined, prefix, readFragments, readNotes, unknownWords } from '../../../src/domain/ingress/vocabulary.ts'
import { textOf } from '../support.ts'

export const target: FuzzTarget = {
  about: 'annotations of Ingresses and Gateways',
  form: 'text',
  longest: 65_536,
  words: [
    'subject-organizations=',
    'alt-names=',
    'secret-template={',
    '"a, b",c',
    'usages=',
    'revision-history-limit=1',
  ],
  run: (input) => {
    const pairs = textOf(input)
      .split('\n')
      .slice(0, 30)
      .map((line) => line.split('='))
    const annotations = Object.fromEntries(
      pairs.map(([word = '', ...value]) => [`${prefix}${word.slice(0, 63)}`, value.join('=')]),
    )
    const notes = readNotes(annotations, true)
    const { fragments, complaints } = readFragments(notes)
    fragments.reduce((under, { spec }) => joined(under, spec), {})
    for (const { message } of [...complaints, ...unknownWords(notes).slice(0, 10)])
      promise(message.length < 70_000, 'a complaint is a sentence')
  },
}
