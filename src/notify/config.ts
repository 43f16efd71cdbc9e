/** The file that says who is told what: YAML, held to a schema, refused in sentences. */
import { parse } from 'yaml'
import { z } from 'zod'
import type { Thresholds } from '../domain/notify/alerts.ts'
import { usualThresholds } from '../domain/notify/alerts.ts'
import type { Rules } from '../domain/notify/plan.ts'
import { parseGoDuration } from '../std/duration.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { minutes } from '../std/time.ts'
import type { Duration } from '../std/time.ts'

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens')
const file = z.string().min(1).max(1024)

/** What holds a credential is a file, and stands in no configuration: it is read anew for every letter. */
const place = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be a URL of http or https' }).optional(),
    urlFile: file.optional(),
    authorizationFile: file.optional(),
  })
  .refine(
    ({ url, urlFile }) => (url === undefined) !== (urlFile === undefined),
    'takes url or urlFile, and one of them',
  )

const mail = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535),
  /** starttls demands it: a server that does not offer it gets no letter. */
  security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
  from: z.string().min(3).max(320),
  to: z.array(z.string().min(3).max(320)).min(1).max(50),
  username: z.string().min(1).max(256).optional(),
  passwordFile: file.optional(),
  caFile: file.optional(),
})

const channel = z
  .strictObject({ name, webhook: place.optional(), chat: place.optional(), smtp: mail.optional() })
  .refine(
    ({ webhook, chat, smtp }) => [webhook, chat, smtp].filter((one) => one !== undefined).length === 1,
    'needs one of webhook, chat and smtp',
  )

const route = z.strictObject({
  owners: z.array(z.string().min(1).max(63)).max(200).default([]),
  namespaces: z.array(z.string().min(1).max(63)).max(200).default([]),
  severity: z.enum(['warning', 'critical']).default('warning'),
  channels: z.array(name).min(1).max(20),
})

const share = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1')

const schema = z.strictObject({
  thresholds: z
    .strictObject({
      warning: share.default(usualThresholds.warning),
      critical: share.default(usualThresholds.critical),
    })
    .refine(({ warning, critical }) => critical <= warning, 'critical must not be above warning')
    .default(usualThresholds),
  holdFor: z.string().default('5m'),
  channels: z.array(channel).min(1).max(20),
  routes: z.array(route).min(1).max(200),
  digest: z
    .strictObject({
      at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 07:00, in UTC'),
      channels: z.array(name).min(1).max(20),
    })
    .optional(),
})

export type ChannelConfig = z.output<typeof channel>
export type PlaceConfig = z.output<typeof place>
export type MailConfig = z.output<typeof mail>

export interface NotificationConfig {
  readonly thresholds: Thresholds
  readonly rules: Rules
  readonly channels: readonly ChannelConfig[]
  readonly digest: { readonly at: string; readonly channels: readonly string[] } | undefined
}

/** @param text - of the file. @returns what it says, or a sentence about the first thing that is wrong */
export function readNotificationConfig(text: string): Result<NotificationConfig, string> {
  const document = parsed(text)
  if (!document.ok) return document
  const read = schema.safeParse(document.value)
  if (!read.success) {
    const [issue] = read.error.issues
    return err(`${issue?.path.join('.') || 'it'} ${issue?.message ?? 'is wrong'}`)
  }
  const { thresholds, channels, routes, digest, holdFor } = read.data
  const hold = durationOf(holdFor)
  if (hold === undefined) return err(`holdFor must be a duration such as 0s, 5m or 2h, not "${holdFor}"`)
  const names = channels.map((one) => one.name)
  const twice = names.find((one, index) => names.indexOf(one) !== index)
  if (twice !== undefined) return err(`there are two channels called ${twice}`)
  const wanted = [...routes.flatMap((one) => one.channels), ...(digest?.channels ?? [])]
  const missing = wanted.find((one) => !names.includes(one))
  if (missing !== undefined) return err(`there is no channel called ${missing}`)
  return ok({ thresholds, channels, digest, rules: { routes, holdFor: hold } })
}

function parsed(text: string): Result<unknown, string> {
  try {
    return ok(parse(text, { maxAliasCount: 10 }))
  } catch (error) {
    return err(`it is no YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'}`)
  }
}

function durationOf(text: string): Duration | undefined {
  if (text === '0s' || text === '0') return minutes(0)
  const read = parseGoDuration(text)
  return read.ok ? read.value : undefined
}
