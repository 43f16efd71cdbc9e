import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { answerError } from '../../../src/kube/answers.ts'
import { KubeError } from '../../../src/kube/errors.ts'
import { lines } from '../../../src/kube/lines.ts'
import { named, readEvent } from '../../../src/kube/watchevent.ts'
import { samePlain, textOf } from '../support.ts'

const longestLine = 4096

/** @param size - of the chunks that the bytes arrive in */
async function linesOf(input: Uint8Array, size: number): Promise<readonly string[] | 'too long'> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < input.length; at += size) yield await Promise.resolve(input.subarray(at, at + size))
  }
  const found: string[] = []
  try {
    for await (const line of lines(chunks(), longestLine)) found.push(line)
    return found
  } catch (error) {
    if (error instanceof KubeError) return 'too long'
    throw error
  }
}

function readOne(line: string): void {
  try {
    named(readEvent(line).object)
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    promise(line.length < 12 || !error.message.includes(line), 'a line stays out of what is said of it')
  }
}

export const target: FuzzTarget = {
  about: 'what the API server sends: lines of a watch, events, errors',
  form: 'text',
  longest: 16_384,
  words: ['{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', '"BOOKMARK"', '"ERROR"', '\n'],
  run: async (input) => {
    const whole = await linesOf(input, 65_536)
    const parts = await linesOf(input, 1 + (input[0] ?? 0))
    if (whole !== 'too long' && parts !== 'too long') samePlain(parts, whole, 'a stream in pieces')
    for (const line of whole === 'too long' ? [] : whole) readOne(line)
    promise(answerError(500, textOf(input)).message.length <= 2000, 'what the server says is clipped')
  },
}
