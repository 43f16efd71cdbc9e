/** What a program compares its input with, taken from its own literals: a fuzzer that knows them need not guess. */

const strings = /"((?:[^"\\\n]|\\.){1,80})"|'((?:[^'\\\n]|\\.){1,80})'/g
const numbers = /\b(?:0x[0-9a-f]{1,8}|\d{1,10})\b/gi
const oid = /^[0-2](\.\d+){2,}$/

/** @param code - JavaScript. @returns words as octets; object identifiers as dotted text, as content octets and as elements */
export function wordsIn(code: string): readonly Uint8Array[] {
  const texts = [...code.matchAll(strings)].map(([, double, single]) => unescaped(double ?? single ?? ''))
  const values = [...code.matchAll(numbers)].map(([text]) => Number(text))
  const words = [...new Set(texts)].filter((text) => text !== '').flatMap(wordsOf)
  return unique([...words, ...[...new Set(values)].flatMap(octetsOf)])
}

/** @param text - a word, or a dotted object identifier */
function wordsOf(text: string): readonly Uint8Array[] {
  const plain = Buffer.from(text, 'utf8')
  if (!oid.test(text)) return [plain]
  const content = contentOf(text)
  return [plain, content, Buffer.from([6, content.length, ...content])]
}

function contentOf(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return Buffer.from([first * 40 + second, ...rest].flatMap(base128))
}

function base128(arc: number): readonly number[] {
  const groups = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
  return groups
}

function octetsOf(value: number): readonly Uint8Array[] {
  if (value < 0x100) return [Buffer.of(value)]
  if (value < 0x10000) return [Buffer.of(value >> 8, value)]
  return value < 2 ** 32 ? [Buffer.of(value >>> 24, value >>> 16, value >>> 8, value)] : []
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`))
  } catch {
    return ''
  }
}

const unique = (words: readonly Uint8Array[]): readonly Uint8Array[] => [
  ...new Map(words.map((word) => [Buffer.from(word).toString('hex'), word])).values(),
]
