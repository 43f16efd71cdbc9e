/** Keeps count of requests, and says what each of them meets. */
import type { Asked } from './asked.ts'
import type { Fault } from './fault.ts'
import type { Rule } from './rules.ts'

interface Laid {
  readonly rule: Rule
  readonly at: number
  meant: number
  struck: number
  readonly told: () => void
}

export class Plan {
  #laid: Laid[] = []

  /** How many requests have met a fault since the proxy began. */
  strikes = 0

  constructor(rules: readonly Rule[] = []) {
    for (const rule of rules) this.lay(rule)
  }

  /**
   * Adds a rule, whose counts begin now.
   *
   * @returns how to take it away, and a promise that is kept when it strikes for the first time
   */
  lay(rule: Rule): { readonly lift: () => void; readonly struck: Promise<void> } {
    let told = (): void => undefined
    const struck = new Promise<void>((resolve) => (told = resolve))
    const laid: Laid = { rule, at: performance.now(), meant: 0, struck: 0, told: () => told() }
    this.#laid.push(laid)
    const lift = (): void => {
      this.#laid = this.#laid.filter((one) => one !== laid)
    }
    return { lift, struck }
  }

  clear(): void {
    this.#laid = []
  }

  /** What a request meets: delays come together, of the others the first counts. */
  meet(asked: Asked): { readonly delay: number; readonly fault: Fault | undefined } {
    let delay = 0
    let fault: Fault | undefined
    for (const laid of this.#laid) {
      if (!strikes(laid, asked)) continue
      const { fault: met } = laid.rule
      if (met.kind === 'delay') delay += met.length
      else fault ??= met
      laid.struck += 1
      this.strikes += 1
      laid.told()
    }
    return { delay, fault }
  }
}

function strikes(laid: Laid, asked: Asked): boolean {
  const { isMeant, nth, every, times, after = 0, lasting = Infinity } = laid.rule
  const age = performance.now() - laid.at
  if (age < after || age > after + lasting || !isMeant(asked)) return false
  laid.meant += 1
  if (times !== undefined && laid.struck >= times) return false
  if (nth !== undefined) return laid.meant === nth
  return every === undefined || laid.meant % every === 0
}
