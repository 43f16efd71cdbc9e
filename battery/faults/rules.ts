/** Which requests meet which fault: a rule in a line of text, for example `write secrets nth 3 -> kill after`. */
import { isWrite, verbs } from './asked.ts'
import type { Asked, Verb } from './asked.ts'
import { isBodyForm } from './fault.ts'
import type { Fault } from './fault.ts'

export interface Rule {
  readonly isMeant: (asked: Asked) => boolean
  /** Only this one of those that are meant, counted from 1. */
  readonly nth?: number
  /** Each n-th of those that are meant. */
  readonly every?: number
  /** So often at most. */
  readonly times?: number
  /** From so many milliseconds after it was laid down. */
  readonly after?: number
  /** For so many milliseconds. */
  readonly lasting?: number
  readonly fault: Fault
}

/** What is wrong with a rule, in a sentence. */
class RuleError extends Error {}

export const rulesHelp = `A rule says which requests, and after an arrow what happens to them. Requests to an API server are get, list, watch, create, update,
patch and delete; read and write stand for several of them; a request to a CA is a call; any is each of them. A resource, or a path that
begins with / and is part of that of the request, may follow, and then

  nth 3            only the third
  every 5          each fifth
  times 2          twice at most
  after 10s        not before ten seconds have passed
  for 30s          and for thirty seconds

  write secrets nth 3 -> kill after
  watch certificates -> cut 5s
  call /new-order every 2 -> answer 503 retry-after 1`

const reading: readonly Verb[] = ['get', 'list', 'watch']

function verbTest(word: string): (asked: Asked) => boolean {
  if (word === 'any') return () => true
  if (word === 'write') return isWrite
  if (word === 'read') return ({ verb }) => reading.includes(verb)
  if (verbs.some((one) => one === word)) return ({ verb }) => verb === word
  throw new RuleError(`"${word}" is no kind of request; write any, read, write or one of ${verbs.join(', ')}.`)
}

const resourceTest =
  (word: string): ((asked: Asked) => boolean) =>
  ({ resource, path }) =>
    word.startsWith('/') ? path.includes(word) : resource === word

/** @throws RuleError with what is wrong */
export function parseRule(line: string): Rule {
  const [left = '', right, ...more] = line.split('->').map((part) => part.trim())
  if (right === undefined || more.length > 0 || left === '')
    throw new RuleError(`"${line}" is no rule; write which requests, an arrow ->, and one fault.`)
  const words = left.split(/\s+/)
  const isVerb = verbTest(words[0] ?? '')
  const hasResource = words.length > 1 && !isOption(words[1] ?? '')
  const isResource = hasResource ? resourceTest(words[1] ?? '') : () => true
  const options = optionsIn(words.slice(hasResource ? 2 : 1))
  return { isMeant: (asked) => isVerb(asked) && isResource(asked), ...options, fault: parseFault(right) }
}

/** One rule a line; what follows # is a remark. @throws with the number of the line */
export function parseRules(text: string): readonly Rule[] {
  return text.split('\n').flatMap((raw, at) => {
    const line = raw.replace(/#.*/, '').trim()
    if (line === '') return []
    try {
      return [parseRule(line)]
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      throw new Error(`Line ${at + 1}: ${error.message}`, { cause: error })
    }
  })
}

type Options = Omit<Rule, 'isMeant' | 'fault'>

const optionNames: Readonly<Record<string, (text: string) => Options>> = {
  nth: (text) => ({ nth: countIn(text, 'nth') }),
  every: (text) => ({ every: countIn(text, 'every') }),
  times: (text) => ({ times: countIn(text, 'times') }),
  after: (text) => ({ after: lengthIn(text, 'after') }),
  for: (text) => ({ lasting: lengthIn(text, 'for') }),
}

const isOption = (word: string): boolean => Object.hasOwn(optionNames, word)

function optionsIn(words: readonly string[]): Options {
  let options: Options = {}
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at] ?? ''
    const read = isOption(name) ? optionNames[name] : undefined
    if (read === undefined)
      throw new RuleError(`"${name}" is not understood; there are ${Object.keys(optionNames).join(', ')}.`)
    options = { ...options, ...read(words[at + 1] ?? '') }
  }
  return options
}

function countIn(text: string, of: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new RuleError(`${of} wants a whole number from 1 on, not "${text}".`)
  return Number(text)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** @returns milliseconds */
function lengthIn(text: string, of: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  if (digits === undefined) throw new RuleError(`${of} wants a time such as 200ms, 5s or 2m, not "${text}".`)
  return Number(digits) * (units[unit] ?? 1)
}

const faults: Readonly<Record<string, (words: readonly string[]) => Fault>> = {
  delay: ([text = '']) => ({ kind: 'delay', length: lengthIn(text, 'delay') }),
  drop: () => ({ kind: 'drop' }),
  mute: () => ({ kind: 'mute' }),
  reset: () => ({ kind: 'reset' }),
  lost: () => ({ kind: 'lost' }),
  kill: ([when = '']) => {
    if (when !== 'before' && when !== 'after') throw new RuleError(`kill wants before or after, not "${when}".`)
    return { kind: 'kill', when }
  },
  answer: ([text = '', word, retryAfter]) => {
    if (!/^[2-5]\d\d$/.test(text)) throw new RuleError(`answer wants a status from 200 to 599, not "${text}".`)
    const status = Number(text)
    if (word === undefined) return { kind: 'answer', status }
    if (word !== 'retry-after' || retryAfter === undefined)
      throw new RuleError(`After the status may stand: retry-after and a value, not "${word}".`)
    return { kind: 'answer', status, retryAfter }
  },
  body: ([form = '']) => {
    if (!isBodyForm(form)) throw new RuleError(`"${form}" is no form of a body; see the help.`)
    return { kind: 'body', form }
  },
  truncate: ([text = '']) => ({ kind: 'truncate', bytes: countIn(text, 'truncate') }),
  stale: ([text = '']) => ({ kind: 'stale', length: lengthIn(text, 'stale') }),
  cut: ([text = '']) => ({ kind: 'cut', length: lengthIn(text, 'cut') }),
  skip: ([text = '']) => ({ kind: 'skip', every: countIn(text, 'skip') }),
  tear: ([text = '']) => ({ kind: 'tear', nth: countIn(text, 'tear') }),
  swap: () => ({ kind: 'swap' }),
  gone: () => ({ kind: 'gone' }),
  bare: () => ({ kind: 'bare' }),
  bulk: ([text = '']) => ({ kind: 'bulk', bytes: countIn(text, 'bulk') }),
}

function parseFault(text: string): Fault {
  const [name = '', ...words] = text.split(/\s+/)
  const make = Object.hasOwn(faults, name) ? faults[name] : undefined
  if (make === undefined) throw new RuleError(`"${name}" is no fault; there are ${Object.keys(faults).join(', ')}.`)
  return make(words)
}
