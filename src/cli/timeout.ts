/** How long a command may take altogether. */
import { parseGoDuration } from '../std/duration.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'

const usual = seconds(300)
const longest = seconds(86_400 * 30)

/** @param text - of the flag: seconds, or a duration as Go writes it */
export function readTimeout(text: string | undefined): Result<Duration, string> {
  if (text === undefined) return ok(usual)
  const parsed = /^\d{1,7}$/.test(text) ? ok(seconds(Number(text))) : parseGoDuration(text)
  if (!parsed.ok || parsed.value < seconds(1) || parsed.value > longest)
    return err(`--timeout is a number of seconds from 1 on, or a duration such as 10m, not "${text}".`)
  return ok(parsed.value)
}
