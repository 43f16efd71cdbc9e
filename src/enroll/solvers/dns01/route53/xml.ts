/** XML as AWS writes it: elements and text. Attributes are passed over, and what a document type could do does not exist. */

export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  /** Of the element itself, entities resolved; empty where it has children. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

const deepest = 32

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** @returns the root; undefined for what is not well-formed, or uses more of XML than AWS does */
export function readXml(text: string): XmlElement | undefined {
  const stack: Open[] = [{ name: '', children: [], text: '' }]
  const token =
    /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (found === null) return undefined
    const [, closing, name, , empty, run] = found
    if (run !== undefined && !add(stack, run)) return undefined
    if (name === undefined) continue
    if (closing === '/' ? !close(stack, name) : !open(stack, name, empty === '/')) return undefined
  }
  const [root] = stack
  const [only, ...more] = root?.children ?? []
  return stack.length === 1 && more.length === 0 && root?.text.trim() === '' ? only : undefined
}

function add(stack: readonly Open[], run: string): boolean {
  const top = stack.at(-1)
  const text = decodeEntities(run)
  if (top === undefined || text === undefined) return false
  top.text += text
  return true
}

function open(stack: Open[], name: string, empty: boolean): boolean {
  if (stack.length > deepest) return false
  stack.push({ name, children: [], text: '' })
  return !empty || close(stack, name)
}

function close(stack: Open[], name: string): boolean {
  const done = stack.pop()
  const parent = stack.at(-1)
  if (done === undefined || parent === undefined || done.name !== name) return false
  parent.children.push({ name, children: done.children, text: done.children.length > 0 ? '' : done.text })
  return true
}

function decodeEntities(run: string): string | undefined {
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/.test(run)) return undefined
  return run.replace(/&(#x?)?(\w+);/g, (_whole, numeric: string | undefined, word: string) => {
    if (numeric === undefined) return entities[word] ?? ''
    const point = Number.parseInt(word, numeric === '#' ? 10 : 16)
    return point > 0x10_ff_ff ? '\ufffd' : String.fromCodePoint(point)
  })
}

/** @returns the elements that a path of names leads to, all of them */
export function elementsAt(root: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  let found: readonly XmlElement[] = root === undefined ? [] : [root]
  for (const name of path) found = found.flatMap(({ children }) => children.filter((child) => child.name === name))
  return found
}

/** @returns the text of the first element that a path leads to */
export const textAt = (root: XmlElement | undefined, ...path: readonly string[]): string | undefined =>
  elementsAt(root, ...path)[0]?.text

/** @returns text as the content of an element */
export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
