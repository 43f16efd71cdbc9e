/** Of what shape settings are, from text to value. */
import { z } from 'zod'
import { compilePolicy } from './net/address.ts'
import { parseDnsServer } from './net/dnsclient.ts'
import { parseGoDuration } from './std/duration.ts'
import { parseHostPort } from './std/hostport.ts'
import type { Duration } from './std/time.ts'

interface Setting<S extends z.ZodType> {
  /** From text to value. */
  readonly schema: S
  readonly fallback: string
  /** A variable that others set, looked at before the fallback. */
  readonly alsoFrom?: string
  /** What the value looks like, for the help text. */
  readonly shape: string
  readonly help: string
}

export const setting = <S extends z.ZodType>(fields: Setting<S>): Setting<S> => fields

export const count = (least: number, most: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`))

export const yesOrNo = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true')

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

export const optional = z.string().transform((text) => (text === '' ? undefined : text))

export const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a Kubernetes name')

export const duration = (least: string): z.ZodType<Duration> =>
  z.string().transform((text, context) => {
    const parsed = parseGoDuration(text)
    const shortest = parseGoDuration(least)
    if (!parsed.ok) context.addIssue('must be a duration such as 90s, 15m or 2h')
    else if (shortest.ok && parsed.value < shortest.value) context.addIssue(`must be at least ${least}`)
    return parsed.ok ? parsed.value : z.NEVER
  })

export const listenAddress = z
  .string()
  .refine((text) => text === 'off' || parseHostPort(text) !== undefined, 'must be host:port, :port, or off')
  .transform((text) => (text === 'off' ? undefined : text))

export const addressRanges = list.superRefine((ranges, context) => {
  const compiled = compilePolicy({ kind: 'public', allow: ranges })
  if (!compiled.ok) context.addIssue(`is wrong: ${compiled.error}`)
})

/** `auto` beside ranges: what the cluster itself says. */
export const clusterRanges = list
  .transform((words) => ({ auto: words.includes('auto'), ranges: words.filter((word) => word !== 'auto') }))
  .superRefine(({ ranges }, context) => {
    const compiled = compilePolicy({ kind: 'public', allow: ranges })
    if (!compiled.ok) context.addIssue(`is wrong: ${compiled.error}`)
  })

export const nameservers = list.transform((texts, context) =>
  texts.flatMap((text) => {
    const server = parseDnsServer(text)
    if (server === undefined) context.addIssue(`is wrong: ${text} is no host, host:port or address`)
    return server ?? []
  }),
)

export const issuer = z.string().transform((text, context) => {
  if (text === '') return undefined
  const [, kind = 'ClusterIssuer', called = ''] =
    /^(?:(ClusterIssuer|Issuer)\/)?([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/.exec(text) ?? []
  if (called === '') context.addIssue('must be the name of an issuer, with ClusterIssuer/ or Issuer/ before it')
  return { kind: kind === 'Issuer' ? ('Issuer' as const) : ('ClusterIssuer' as const), name: called }
})
