/**
 * `npm run bench -- exchange`: what an enrollment and a renewal cost the client in CPU, keys made beforehand. The CA is in another
 * process. Everything counts that this process does, on all its threads: ASN.1, CMS and signatures, and HTTP, TLS and garbage
 * collection too.
 */
import { cpus } from 'node:os'
import type { Identity, Order, Outcome, Readiness } from '../src/enroll/enroller.ts'
import { createHttpClient } from '../src/net/client.ts'
import type { OwnedHttpClient } from '../src/net/client.ts'
import { generateKey } from '../src/pki/key.ts'
import type { PrivateKey } from '../src/pki/key.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { silentLogger } from '../src/std/log.ts'
import { CmpCustomer } from '../test/support/cmpcustomer.ts'
import { EstCustomer } from '../test/support/estcustomer.ts'
import { ScepCustomer } from '../test/support/scepcustomer.ts'
import { unwrap } from '../test/support/unwrap.ts'
import { line } from './lines.ts'
import { serveCmp, serveEst, serveScep } from './servers.ts'

export interface ExchangeOptions {
  readonly protocols: readonly string[]
  /** How often each is done, after some that do not count. */
  readonly count: number
}

interface Journey {
  readonly last: Outcome
  readonly key: PrivateKey
}

interface Customer {
  /** One for each message that was answered. */
  readonly exchanges: readonly unknown[]
  prepare(): Promise<Readiness>
  order(changes: { readonly key: PrivateKey }): Promise<Order>
  travel(order: Order, more?: { readonly current?: Identity }): Promise<Journey>
}

interface Opened {
  readonly customer: Customer
  readonly stop: () => Promise<void>
}

interface Row {
  readonly title: string
  readonly key: Parameters<typeof generateKey>[0]
  open(http: OwnedHttpClient): Promise<Opened>
}

const start = systemClock.now()

const rows: Readonly<Record<string, Row>> = {
  est: {
    title: 'EST (estserver), P-256',
    key: { algorithm: 'ECDSA', size: 256 },
    open: async (http) => {
      const { spec, stop } = await serveEst()
      return { customer: new EstCustomer({ spec, http, start }), stop }
    },
  },
  scep: {
    title: 'SCEP (own server), RSA-2048',
    key: { algorithm: 'RSA', size: 2048 },
    open: async (http) => {
      const { spec, secret, stop } = await serveScep()
      return { customer: new ScepCustomer({ spec, http, start, challenge: secret }), stop }
    },
  },
  cmp: {
    title: 'CMP (own server), P-256',
    key: { algorithm: 'ECDSA', size: 256 },
    open: async (http) => {
      const { spec, secret, stop } = await serveCmp()
      return { customer: new CmpCustomer({ spec, http, start, secret }), stop }
    },
  },
}

/** Not counted: the first ones meet code that was never run. */
const warmUp = 20

export async function measureExchanges({ protocols, count }: ExchangeOptions): Promise<void> {
  const { node, openssl } = process.versions
  line('machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${node}, OpenSSL ${openssl}`)
  for (const protocol of protocols) {
    const row = rows[protocol]
    if (row === undefined) continue
    const keys = await Promise.all(Array.from({ length: 2 * (warmUp + count) }, () => generateKey(row.key)))
    const options = {
      userAgent: 'perennial-bench',
      addressPolicy: 'any',
      clock: systemClock,
      log: silentLogger,
    } as const
    const http = unwrap(createHttpClient(options))
    const opened = await row.open(http)
    try {
      await measureRow(row, opened.customer, keys)
    } finally {
      await http.close()
      await opened.stop()
    }
  }
}

async function measureRow({ title }: Row, customer: Customer, keys: readonly PrivateKey[]): Promise<void> {
  const readiness = await customer.prepare()
  if (readiness.kind !== 'ready') throw new Error(`${title}: ${JSON.stringify(readiness)}`)
  const half = keys.length / 2
  const identities: Identity[] = []
  const enroll = async (key: PrivateKey): Promise<void> => {
    identities.push(identityOf(await customer.travel(await customer.order({ key }))))
  }
  report(`${title}: enrollment`, await timed(customer, keys.slice(0, half), enroll))
  const renew = async (key: PrivateKey, index: number): Promise<void> => {
    const current = identities[index]
    if (current !== undefined) identityOf(await customer.travel(await customer.order({ key }), { current }))
  }
  report(`${title}: renewal`, await timed(customer, keys.slice(half), renew))
}

function identityOf({ last, key }: Journey): Identity {
  if (last.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(last)}`)
  return { chain: last.chain, key: last.key ?? key }
}

interface Timed {
  /** CPU of each, in milliseconds, in ascending order. */
  readonly costs: readonly number[]
  readonly exchanges: number
}

async function timed(
  customer: Customer,
  keys: readonly PrivateKey[],
  work: (key: PrivateKey, index: number) => Promise<void>,
): Promise<Timed> {
  const costs: number[] = []
  let before = customer.exchanges.length
  for (const [index, key] of keys.entries()) {
    if (index === warmUp) before = customer.exchanges.length
    const began = process.cpuUsage()
    await work(key, index)
    const { user, system } = process.cpuUsage(began)
    if (index >= warmUp) costs.push((user + system) / 1000)
  }
  return { costs: costs.sort((one, other) => one - other), exchanges: customer.exchanges.length - before }
}

function report(name: string, { costs, exchanges }: Timed): void {
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length
  const each = exchanges / costs.length
  const quantile = (share: number): string => (costs[Math.floor(share * (costs.length - 1))] ?? Number.NaN).toFixed(1)
  const all = `${mean.toFixed(1)} ms CPU (median ${quantile(0.5)}, 95 % ${quantile(0.95)}; n = ${costs.length})`
  line(name, `${all}, ${each.toFixed(1)} exchanges, ${(mean / each).toFixed(1)} ms each`)
}
