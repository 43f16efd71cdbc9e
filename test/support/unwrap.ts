import type { Result } from '../../src/std/result.ts'

/** The value of a result that must be one; a failure fails the test with its sentence. */
export function unwrap<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}
