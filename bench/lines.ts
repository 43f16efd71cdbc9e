/** A figure and what it is, in a column each. */
export const line = (name: string, value: string): void => console.log(`${name.padEnd(64)} ${value}`)
