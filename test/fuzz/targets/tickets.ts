import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import * as cmp from '../../../src/enroll/cmp/ticket.ts'
import { decodeKept as decodeCmp } from '../../../src/enroll/cmp/kept.ts'
import * as est from '../../../src/enroll/est/ticket.ts'
import { decodeKept as decodeEst } from '../../../src/enroll/est/kept.ts'
import * as scep from '../../../src/enroll/scep/ticket.ts'
import { decodeKept as decodeScep } from '../../../src/enroll/scep/kept.ts'
import { readJsonObject } from '../../../src/std/json.ts'
import { holderOf, samePlain } from '../support.ts'

const { key } = holderOf('ec')

function staysTheSame<T>(read: T, writeAndRead: (held: T) => T | undefined): void {
  const once = writeAndRead(read)
  promise(once !== undefined, 'a ticket that was read can be written')
  if (once !== undefined) samePlain(writeAndRead(once), once, 'a ticket')
}

export const target: FuzzTarget = {
  about: 'tickets in the status and what is kept in Secrets while a request runs, as somebody may have changed them',
  form: 'text',
  longest: 8192,
  run: (input) => {
    decodeCmp(input, Buffer.alloc(16))
    decodeEst(input)
    decodeScep(input, { transaction: 'fuzz', orderKey: key })
    const state = readJsonObject(input)
    if (state === undefined) return
    for (const phase of ['request', 'approval', 'confirmation'] as const) {
      const ticket = { version: 1, phase, state }
      const [one, two, three] = [cmp.readTicket(ticket), est.readTicket(ticket), scep.readTicket(ticket)]
      // What somebody damaged may lose its damage by being written; from then on it stays the same.
      if (one !== undefined) staysTheSame(one, (held) => cmp.readTicket(cmp.ticketOf(held)))
      if (two !== undefined) staysTheSame(two, (held) => est.readTicket(est.ticketOf(held)))
      if (three !== undefined) staysTheSame(three, (held) => scep.readTicket(scep.ticketOf(held)))
    }
  },
}
