/**
 * Marks the branch of a switch that no value can reach. The compiler refuses the call while a case is missing.
 *
 * @param value - the value whose type has been narrowed to nothing
 * @throws Error always: reaching it means that data from outside was trusted without being parsed
 */
export function exhaustive(value: never): never {
  throw new Error(`unreachable case: ${JSON.stringify(value)}`)
}
