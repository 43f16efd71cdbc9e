/**
 * A wall clock that an operator can be given and that can be set while it runs. What counts milliseconds (`performance.now`, timers)
 * stays as it is, as it does on a machine whose clock is set; OpenSSL goes by the right time.
 */
import { writeFileSync } from 'node:fs'

/** What the process runs before everything else: `Date` reads the offset from a file ten times a second. */
const program = (file: string): string => `
import { readFileSync } from 'node:fs'
const Right = Date
let clock = { ahead: 0, rate: 0, since: 0 }
const look = () => {
  try { clock = JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8')) } catch {}
}
look()
setInterval(look, 100).unref()
const now = () => Math.round(Right.now() + clock.ahead + clock.rate * (Right.now() - clock.since))
globalThis.Date = class Date extends Right {
  constructor(...parts) { if (parts.length === 0) super(now()); else super(...parts) }
  static now() { return now() }
}`

export class WrongClock {
  readonly #file: string

  /** @param file - that the process reads; the clock is right until it is set */
  constructor(file: string) {
    this.#file = file
    this.set({ ahead: 0 })
  }

  /** Options of Node. */
  get nodeOptions(): readonly string[] {
    return [`--import=data:text/javascript,${encodeURIComponent(program(this.#file))}`]
  }

  /**
   * @param ahead - milliseconds
   * @param rate - how many milliseconds more than it should it gains each millisecond, from now on
   */
  set({ ahead, rate = 0 }: { readonly ahead: number; readonly rate?: number }): void {
    writeFileSync(this.#file, JSON.stringify({ ahead, rate, since: Date.now() }))
  }
}
