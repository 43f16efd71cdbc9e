/** Moments and numbers for people. Whoever reads a moment is told how far it is from when the answer was made. */

const exact = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
})

/** @param moment - RFC 3339 */
export const exactly = (moment: string): string => `${exact.format(Date.parse(moment))} UTC`

const units = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** Beyond this many of the smaller unit the larger one is used: 47 days say more than 1 month. */
const enough = { year: 2, month: 4, day: 2, hour: 2, minute: 1 } as const

/** @returns for example `in 12 days`, `3 hours ago` */
export function fromThen(moment: string, then: string): string {
  const distance = Date.parse(moment) - Date.parse(then)
  const size = Math.abs(distance)
  const [unit, length] = units.find(([name, one]) => size >= one * enough[name]) ?? ['minute', 60_000]
  const count = Math.floor(size / length)
  if (count === 0) return 'now'
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`
  return distance < 0 ? `${words} ago` : `in ${words}`
}

export const number = (value: number): string => value.toLocaleString('en-GB')

/** @returns for example `1 certificate`, `12 certificates` */
export const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`

/** @param text - hex; in pairs, as people compare fingerprints */
export const inPairs = (text: string): string => (text.match(/../g) ?? []).join(':').toUpperCase()
