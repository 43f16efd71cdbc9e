/** The one call of a DNS webhook: a creation in its own API group, which the API server hands on. */
import type { WebhookSpec } from '../../../../api/issuer/dns01/webhook.ts'
import { fault } from '../../../../domain/fault.ts'
import { randomBytes } from '../../../../pki/random.ts'
import type { Json } from '../../../../std/json.ts'
import { err, ok } from '../../../../std/result.ts'
import { clip } from '../../../../std/text.ts'
import type { Called, FaultRow, Refusal } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import { rowFor } from './faults.ts'
import { encodeChallenge, pathOf, readChallenge, wordsOf } from './wire.ts'

export class WebhookClient {
  readonly #spec: WebhookSpec
  readonly #field: string

  constructor(spec: WebhookSpec, field: string) {
    this.#spec = spec
    this.#field = field
  }

  async send(action: 'Present' | 'CleanUp', txt: TxtValue, ctx: ProviderCtx): Promise<Called<undefined>> {
    const uid = newUid()
    const payload = encodeChallenge({ uid, action, txt, config: this.#spec.config }, ctx)
    const reply = await ctx.cluster.create(pathOf(this.#spec), payload, ctx.signal)
    if (reply.status < 200 || reply.status >= 300) return err(this.#refusal(reply, action))
    const read = readChallenge(reply.body, uid)
    switch (read.kind) {
      case 'success':
        return ok(undefined)
      case 'failure':
        return err({
          fault: fault(
            'ServerFailed',
            `${this.#name} could not ${action}${said(read.words)}; its log says more, and it is tried again`,
          ),
        })
      case 'unreadable':
        return err({
          fault: fault(
            'ReplyMalformed',
            `${this.#name} was asked to ${action} and sent no answer to that; check that it is a webhook for DNS-01`,
          ),
        })
    }
  }

  get #name(): string {
    return `the DNS webhook ${this.#spec.solverName} of ${this.#spec.groupName}`
  }

  #refusal({ status, body }: { readonly status: number; readonly body: Json | undefined }, action: string): Refusal {
    const { code, cure }: FaultRow = rowFor(status)
    const told = `the API server answered HTTP ${status} when ${this.#name} was asked to ${action}${said(wordsOf(body))}`
    return { fault: fault(code, `${told}; ${cure.replaceAll('{field}', this.#field)}`), status }
  }
}

function said(words: string): string {
  const clean = clip(words)
  return clean === '' ? '' : `, saying "${clean}"`
}

/** In the form of a UUID of version 4 (RFC 9562 section 5.4): some webhooks read it as one. */
function newUid(): string {
  const bytes = Buffer.from(randomBytes(16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
