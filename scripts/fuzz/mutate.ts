/** Makes a new input from one of the corpus: a few changes, seldom many. */
import { mutateBytes } from './mutatebytes.ts'
import type { Mutation, Tools } from './mutatebytes.ts'
import { mutateDer } from './mutateder.ts'
import { mutateText } from './mutatetext.ts'
import type { Form } from './target.ts'

const mutations: Readonly<Record<Form, Mutation>> = { der: mutateDer, text: mutateText, bytes: mutateBytes }

export function mutated(input: Uint8Array, form: Form, tools: Tools): Uint8Array {
  let changed = input
  for (let left = 1 << tools.dice.below(5); left > 0; left = left > 1 && !tools.dice.oneIn(4) ? left - 1 : 0)
    changed = mutations[form](changed, tools).subarray(0, tools.longest)
  return changed
}
