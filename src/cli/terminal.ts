/**
 * Everything that is printed goes through here: secrets out, control characters out, then to a person or to a program.
 * The result goes to standard output, everything else to standard error.
 */
import { stringify } from 'yaml'
import { sentence } from '../domain/conditions.ts'
import type { Fault } from '../domain/fault.ts'
import type { Exchange } from '../enroll/enroller.ts'
import { redactFields, redactText } from '../obs/redact.ts'
import type { LogFields, Logger } from '../std/log.ts'
import type { Instant } from '../std/time.ts'
import type { Format } from './outputs.ts'
import type { SecretData } from './secrets.ts'

export interface Streams {
  stdout(text: string): void
  stderr(text: string): void
}

/** Entries of Secrets that are no secret: hidden, they would take words out of what is told. */
const harmless = /^user(?:name)?$|\.crt$/i
/** Shorter values stand in too many harmless words. */
const shortestSecret = 4
const hidden = '[redacted]'

export class Terminal {
  readonly #streams: Streams
  readonly #format: Format
  readonly #verbose: boolean
  readonly #secrets = new Set<string>()
  readonly #widths = [12, 20]

  constructor(streams: Streams, { format, verbose }: { readonly format: Format; readonly verbose: boolean }) {
    this.#streams = streams
    this.#format = format
    this.#verbose = verbose
  }

  /** From now on none of these values is printed, however it gets into a text. */
  hide(data: SecretData): void {
    for (const [entry, bytes] of Object.entries(data)) {
      if (harmless.test(entry)) continue
      const text = Buffer.from(bytes).toString('utf8')
      const forms = [text, text.trim()].flatMap((one) => [one, encodeURIComponent(one), ...base64Of(one)])
      for (const form of forms) if (form.trim().length >= shortestSecret) this.#secrets.add(form)
    }
  }

  /** One line for each exchange with a CA. */
  exchange({ request, reply, algorithms, took }: Exchange, now: Instant): void {
    const milliseconds = Math.round(took)
    const time = new Date(now).toISOString()
    if (this.#format === 'json') {
      this.#json('stderr', { time, request, reply, ...(algorithms === undefined ? {} : { algorithms }), milliseconds })
      return
    }
    const head = `${time.slice(11, 23)}  ${`${milliseconds} ms`.padStart(8)}`
    const columns = [request, reply].map((text, index) => this.#column(text, index))
    this.#line('stderr', `${head}  ${columns.join('  ')}  ${algorithms ?? ''}`.trimEnd())
  }

  /** Something a person may want to know. */
  note(text: string): void {
    if (this.#format === 'json') this.#json('stderr', { note: text })
    else this.#line('stderr', text)
  }

  fault({ code, message, evidence }: Fault): void {
    const shown = this.#verbose && evidence !== undefined ? { evidence } : {}
    if (this.#format === 'json') this.#json('stderr', { error: { code, message: sentence(message), ...shown } })
    else {
      this.#line('stderr', `error: ${sentence(message)} (${code})`)
      if (shown.evidence !== undefined) this.#line('stderr', `evidence: ${shown.evidence}`)
    }
  }

  /** Something that should be known although all went well. */
  remark(text: string): void {
    if (this.#format === 'json') this.#json('stderr', { remark: text })
    else this.#line('stderr', `note: ${text}`)
  }

  /** What the user did wrong. */
  complaint(text: string): void {
    if (this.#format === 'json') this.#json('stderr', { error: { message: text } })
    else this.#line('stderr', `error: ${text}`)
  }

  /** @param fields - for programs; lines are the same for people */
  result(fields: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
    if (this.#format === 'json') this.#json('stdout', fields)
    else if (this.#format === 'yaml') this.text(yamlLines(this.#cleaned(fields)))
    else this.text(lines)
  }

  /** Lines as they are, for people and programs. */
  text(lines: readonly string[]): void {
    for (const line of lines) this.#line('stdout', line)
  }

  /** The log of the client, for those who ask for it; warnings for everybody. */
  logger(bound: LogFields = {}): Logger {
    const tell = (level: string, message: string, fields: LogFields = {}): void => {
      if (!this.#verbose && (level === 'debug' || level === 'info')) return
      const all = redactFields({ ...bound, ...fields })
      if (this.#format === 'json') this.#json('stderr', { level, message, ...all })
      else this.#line('stderr', `${level}: ${message}${Object.keys(all).length === 0 ? '' : ` ${JSON.stringify(all)}`}`)
    }
    return {
      debug: (message, fields) => tell('debug', message, fields),
      info: (message, fields) => tell('info', message, fields),
      warn: (message, fields) => tell('warn', message, fields),
      error: (message, fields) => tell('error', message, fields),
      with: (fields) => this.logger({ ...bound, ...fields }),
    }
  }

  /** Columns grow with what stands in them, up to what leaves room for the others. */
  #column(text: string, index: number): string {
    const clean = this.#clean(text)
    const width = Math.max(this.#widths[index] ?? 0, Math.min(clean.length, 32))
    this.#widths[index] = width
    return clean.padEnd(width)
  }

  #line(stream: 'stdout' | 'stderr', text: string): void {
    this.#streams[stream](`${this.#clean(text)}\n`)
  }

  #json(stream: 'stdout' | 'stderr', value: Readonly<Record<string, unknown>>): void {
    this.#streams[stream](`${JSON.stringify(this.#cleaned(value))}\n`)
  }

  /** The ends of lines stay, which programs get escaped: PEM is none without them. */
  #cleaned(value: Readonly<Record<string, unknown>>): unknown {
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'string' ? this.#hidden(inner).replace(unprintable, keptInValues) : inner,
    )
    return JSON.parse(text) as unknown
  }

  #clean(text: string): string {
    return this.#hidden(text).replace(unprintable, '?')
  }

  #hidden(text: string): string {
    let clean = redactText(text)
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length))
      clean = clean.replaceAll(secret, hidden)
    return clean
  }
}

/** @returns the lines of a YAML document, each value written out where it stands */
export const yamlLines = (value: unknown): readonly string[] =>
  stringify(value, { aliasDuplicateObjects: false }).trimEnd().split('\n')

const base64Of = (text: string): readonly string[] =>
  (['base64', 'base64url'] as const).map((encoding) => Buffer.from(text).toString(encoding))

const keptInValues = (character: string): string => (/[\t\n\r]/.test(character) ? character : '?')

/** What a CA sends must not move the cursor, or turn the writing around. */
const unprintable = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069]/gu
