/** Changes that a service has taken but not yet put into force, by what they put. Forgotten with the process: DNS itself is looked at too. */
import type { Called } from './calls.ts'
import { notYet, refused } from './calls.ts'
import type { DnsChange, ProviderCtx, TxtValue } from './provider.ts'

const most = 10_000

export class PendingChanges {
  readonly #changes = new Map<string, string>()

  keep({ name, value }: TxtValue, change: string): void {
    const [oldest] = this.#changes.keys()
    if (this.#changes.size >= most && oldest !== undefined) this.#changes.delete(oldest)
    this.#changes.set(`${name} ${value}`, change)
  }

  forget({ name, value }: TxtValue): void {
    this.#changes.delete(`${name} ${value}`)
  }

  /**
   * How it stands with a value that is in its set.
   *
   * @param isInForce - asks the service; a refusal that waiting cannot mend counts as yes, for DNS is looked at anyway
   */
  async stateOf(
    txt: TxtValue,
    isInForce: (change: string) => Promise<Called<boolean>>,
    ctx: ProviderCtx,
  ): Promise<DnsChange> {
    const change = this.#changes.get(`${txt.name} ${txt.value}`)
    if (change === undefined) return { kind: 'done' }
    const answer = await isInForce(change)
    if (!answer.ok && refused(answer.error).kind === 'deferred') return refused(answer.error)
    if (answer.ok && !answer.value) return notYet(ctx.now(), `${txt.name} is on its way to the nameservers`)
    this.forget(txt)
    return { kind: 'done' }
  }
}
