/** What every step of a transaction has at hand. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import type { Ctx } from '../enroller.ts'
import type { Opening } from './address.ts'
import type { Means } from './credentials.ts'
import type { Conversation } from './exchange.ts'
import type { Protector } from './protection.ts'
import type { Acquaintances } from './trust.ts'

export interface Desk {
  readonly spec: CmpSpec
  readonly means: Means
  readonly acquaintances: Acquaintances
  readonly ctx: Ctx
}

/** Version 3 brought EnvelopedData and hashAlg (RFC 9810 section 7); everything else is said in version 2, which all CAs know. */
export const versions = { cmp2000: 2, cmp2021: 3 } as const

interface Talk {
  readonly opening: Opening
  readonly transactionID: Uint8Array
  readonly protector: Protector
  readonly pvno: number
}

export function conversationOf({ spec, means, acquaintances, ctx }: Desk, talk: Talk): Conversation {
  return { spec, ctx, acquaintances, anchors: means.anchors, recipient: means.recipient, ...talk }
}
