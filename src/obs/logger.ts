import { pino } from 'pino'
import type { DestinationStream, Logger as Pino } from 'pino'
import type { LogFields, Logger } from '../std/log.ts'
import { redactFields, redactText } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** `json`: one object a line, for machines. `text`: plain lines, for a person at a terminal. */
export type LogFormat = 'json' | 'text'

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** Takes whole lines, newline included. Default: standard output, written at once so that a crash loses nothing. */
  readonly write?: (line: string) => void
}

/** Bytes of lines that wait while standard output takes none, as on a full disk. What comes after them is lost. */
const mostWaiting = 1024 * 1024

/** Makes the logger that every other part is given. What it prints holds no secret, see {@link redactFields}. */
export function createLogger(options: LoggerOptions): Logger {
  const stdout = pino.destination({ dest: 1, sync: true, maxLength: mostWaiting })
  // What cannot be told must not end what it is told of.
  stdout.on('error', () => undefined)
  const write = options.write ?? ((line: string) => void stdout.write(line))
  const destination: DestinationStream = { write: options.format === 'json' ? write : (line) => write(asText(line)) }
  const settings = {
    level: options.level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return wrap(pino(settings, destination))
}

function wrap(inner: Pino): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (inner.isLevelEnabled(level)) inner[level](redactFields(fields), redactText(message))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => wrap(inner.child(redactFields(fields))),
  }
}

/** `12:00:00.000 INFO  message  name=value name="a value with blanks"` */
function asText(line: string): string {
  const parsed: unknown = JSON.parse(line)
  if (typeof parsed !== 'object' || parsed === null) return line
  const { level, time, message, ...fields } = parsed as Readonly<Record<string, unknown>>
  const clock = String(time).slice(11, 23)
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${asWord(value)}`)
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${oneLine(String(message))}${rest.length > 0 ? ' ' : ''}${rest.join('')}\n`
}

function asWord(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value)
}

/** A message with line breaks would look like further log lines. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
