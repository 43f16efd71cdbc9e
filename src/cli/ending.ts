/** The last words of a run, and its exit code. */
import type { CertificateFacts } from '../domain/facts.ts'
import type { Fault } from '../domain/fault.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { exitCodes, exitOf } from './exitcodes.ts'
import type { ExitCode } from './exitcodes.ts'
import type { UsualOutput } from './outputs.ts'
import type { Terminal } from './terminal.ts'
import { toldCertificate } from './told.ts'
import type { ToldCertificate } from './told.ts'

export type Ending =
  | { readonly kind: 'complaint'; readonly message: string }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly retryAt?: Instant | undefined }
  | { readonly kind: 'pending'; readonly note: string; readonly wakeAt: Instant; readonly directory: string }
  | { readonly kind: 'late'; readonly directory: string | undefined }
  | { readonly kind: 'interrupted'; readonly directory: string | undefined }
  | {
      readonly kind: 'issued'
      readonly name: string
      readonly facts: CertificateFacts
      readonly files: readonly string[]
      readonly output: UsualOutput
    }

/** Says how it ended, to the person on standard error and to the program on standard output. */
export function endWith(terminal: Terminal, ending: Ending): ExitCode {
  switch (ending.kind) {
    case 'complaint':
      terminal.complaint(ending.message)
      return failed(terminal, 'usage', { message: ending.message })
    case 'fault':
      return faulty(terminal, ending)
    case 'pending':
      return pending(terminal, ending)
    case 'late':
      terminal.complaint(`--timeout ran out before the CA had answered. ${goesOn(ending.directory)}`)
      return failed(terminal, 'temporary', { message: 'timed out' })
    case 'interrupted':
      terminal.note(`interrupted. ${goesOn(ending.directory)}`)
      return failed(terminal, 'interrupted', { message: 'interrupted' })
    case 'issued':
      return issued(terminal, ending)
  }
}

const goesOn = (directory: string | undefined): string =>
  directory === undefined ? 'Nothing was changed.' : `The same command goes on with what lies in ${directory}.`

function failed(terminal: Terminal, name: keyof typeof exitCodes, fields: Readonly<Record<string, unknown>>): ExitCode {
  const exitCode = exitCodes[name]
  terminal.result({ kind: name === 'pending' ? 'pending' : 'failed', exitCode, ...fields }, [])
  return exitCode
}

function faulty(terminal: Terminal, { fault, retryAt }: Extract<Ending, { kind: 'fault' }>): ExitCode {
  const { code, message } = fault
  const exitCode = exitOf(code)
  terminal.fault(fault)
  const again = retryAt === undefined ? undefined : toRfc3339(retryAt)
  if (again !== undefined) terminal.note(`to be tried again at ${again}, with the same command`)
  terminal.result({ kind: 'failed', exitCode, code, message, ...(again === undefined ? {} : { retryAt: again }) }, [])
  return exitCode
}

function pending(terminal: Terminal, { note, wakeAt, directory }: Extract<Ending, { kind: 'pending' }>): ExitCode {
  const at = toRfc3339(wakeAt)
  terminal.note(`not decided yet: ${note}. The CA is to be asked again at ${at}. ${goesOn(directory)}`)
  return failed(terminal, 'pending', { note, wakeAt: at, directory })
}

function issued(terminal: Terminal, { name, facts, files, output }: Extract<Ending, { kind: 'issued' }>): ExitCode {
  const told = toldCertificate(facts)
  const { subject, issuer, names, serialNumber, notBefore, notAfter, fingerprint } = told
  terminal.result({ kind: 'issued', exitCode: exitCodes.fine, certificate: name, ...told, files }, [
    `Certificate ${name}: issued`,
    ...(subject === '' ? [] : [`  subject      ${subject}`]),
    ...(names.length === 0 ? [] : [`  names        ${names.map(({ type, value }) => `${type}:${value}`).join(', ')}`]),
    `  issuer       ${issuer}`,
    `  serial       ${serialNumber}`,
    `  valid        ${notBefore} to ${notAfter}`,
    `  SHA-256      ${fingerprint}`,
    ...(output === 'wide' ? wideLines(told) : []),
    ...files.map((file) => `  written      ${file}`),
  ])
  return exitCodes.fine
}

const wideLines = ({ key, signatureHash, usages }: ToldCertificate): readonly string[] => [
  `  key          ${key}`,
  `  signed with  ${signatureHash}`,
  `  usages       ${usages.join(', ')}`,
]
