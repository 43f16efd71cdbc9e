/** Reads a question to the inventory from the parameters of a URL. What is wrong with them is said in a sentence. */
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { nearest } from '../../std/nearest.ts'
import { clip } from '../../std/text.ts'
import { filterNames, sortNames } from './query.ts'
import type { FilterName, Query, SortName } from './query.ts'

const mostWords = 16
const longestSearch = 256
const mostValues = 64
const largestPage = 500
const usualPage = 50
const mostDays = 36_500

const others = ['q', 'ends-within', 'ends-after', 'sort', 'page', 'size', 'format'] as const
const known: ReadonlySet<string> = new Set([...filterNames, ...others])

/**
 * @param parameters - name and value in the order of the URL; a filter that is given more than once has alternatives
 * @returns the question; or a sentence that names the parameter that is wrong and says what may stand there
 */
export function readQuery(parameters: Iterable<readonly [string, string]>): Result<Query, string> {
  const given = new Map<string, string[]>()
  for (const [name, value] of parameters) {
    if (!known.has(name)) return err(unknown(name))
    const values = given.get(name) ?? []
    values.push(value)
    given.set(name, values)
    if (values.length > mostValues) return err(`${name} may be given at most ${mostValues} times.`)
  }
  const last = (name: string): string | undefined => given.get(name)?.at(-1)
  const order = readSort(last('sort') ?? 'expires')
  if (!order.ok) return order
  const numbers = readNumbers(last)
  if (!numbers.ok) return numbers
  const search = (last('q') ?? '').toLowerCase()
  if (search.length > longestSearch) return err(`q may have at most ${longestSearch} characters.`)
  const words = search.split(/\s+/).filter((word) => word !== '')
  if (words.length > mostWords) return err(`q may have at most ${mostWords} words.`)
  return ok({ filters: filtersIn(given), words, ...order.value, ...numbers.value })
}

function filtersIn(given: ReadonlyMap<string, readonly string[]>): Query['filters'] {
  const filters: Partial<Record<FilterName, readonly string[]>> = {}
  for (const name of filterNames) {
    const values = given.get(name)?.filter((value) => value !== '') ?? []
    if (values.length > 0) filters[name] = values
  }
  return filters
}

function readSort(text: string): Result<Pick<Query, 'sort' | 'descending'>, string> {
  const descending = text.startsWith('-')
  const name = descending ? text.slice(1) : text
  const sort = sortNames.find((one): one is SortName => one === name)
  if (sort === undefined) return err(`sort must be one of ${sortNames.join(', ')}, with a - before it for descending.`)
  return ok({ sort, descending })
}

type Numbers = Pick<Query, 'page' | 'size' | 'endsWithin' | 'endsAfter'>

function readNumbers(last: (name: string) => string | undefined): Result<Numbers, string> {
  const page = readNumber(last('page'), { least: 1, most: 1_000_000 })
  const size = readNumber(last('size'), { least: 1, most: largestPage })
  const endsWithin = readNumber(last('ends-within'), { least: 0, most: mostDays })
  const endsAfter = readNumber(last('ends-after'), { least: 0, most: mostDays })
  if (page === 'wrong') return err('page must be a whole number from 1.')
  if (size === 'wrong') return err(`size must be a whole number from 1 to ${largestPage}.`)
  if (endsWithin === 'wrong') return err(`ends-within must be a whole number of days from 0 to ${mostDays}.`)
  if (endsAfter === 'wrong') return err(`ends-after must be a whole number of days from 0 to ${mostDays}.`)
  return ok({ page: page ?? 1, size: size ?? usualPage, endsWithin, endsAfter })
}

function readNumber(
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined | 'wrong' {
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,7}$/.test(text)) return 'wrong'
  const value = Number(text)
  return value < least || value > most ? 'wrong' : value
}

function unknown(name: string): string {
  const shown = `"${clip(name.slice(0, 64))}"`
  const meant = nearest(name, known)
  return meant === undefined
    ? `There is no parameter ${shown}; there are ${[...known].join(', ')}.`
    : `There is no parameter ${shown}; did you mean ${meant}?`
}
