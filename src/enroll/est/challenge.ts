/** `WWW-Authenticate` (RFC 9110 section 11.6.1), leniently. Pure. */

export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const longestHeader = 8192
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const scheme = new RegExp(`^(${token})(?=\\s|,|$)`)
const parameter = new RegExp(`^(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`)

/**
 * @param headers - every WWW-Authenticate header of a reply
 * @returns the challenges in order. Several may stand in one header, divided by the commas that also divide parameters
 */
export function readChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => readHeader(header.slice(0, longestHeader)))
}

function readHeader(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let rest = header.trim()
  while (rest !== '') {
    const [whole, name = '', quoted, plain = ''] = parameter.exec(rest) ?? []
    const [begun] = scheme.exec(rest) ?? []
    if (whole !== undefined)
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain)
    else if (begun !== undefined) challenges.push({ scheme: begun.toLowerCase(), parameters: new Map() })
    // a token68, or what nobody can read: up to the next comma or blank
    const taken = whole ?? begun ?? /^[^\s,]*/.exec(rest)?.[0] ?? ''
    rest = rest.slice(Math.max(1, taken.length)).replace(/^[\s,]+/, '')
  }
  return challenges
}
