/** How the operator looks at its own answers to challenges from outside. Part of the composition root. */
import type { Config } from './config.ts'
import { checkerHttp, checkerTls } from './connections.ts'
import { alpnLook } from './controllers/challenge/alpnlook.ts'
import type { BoardParts } from './controllers/challenge/board.ts'
import { httpLook } from './controllers/challenge/httplook.ts'
import type { AddressTest } from './net/address.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'

export interface Checks {
  readonly looks: BoardParts['looks']
  close(): Promise<void>
}

interface Outside {
  readonly config: Config
  /** Whether an address is the cluster's; asked at each look. */
  readonly cluster: AddressTest
  readonly clock: Clock
  readonly log: Logger
}

/** @throws for settings that `config.ts` does not let pass */
export function openChecks({ config, cluster, clock, log }: Outside): Checks {
  const isAlpnServed = config.tlsAlpn01Address !== undefined
  if (!config.http01SelfCheck) {
    const looks = { 'http-01': undefined, ...(isAlpnServed ? { 'tls-alpn-01': undefined } : {}) }
    return { looks, close: () => Promise.resolve() }
  }
  const http = checkerHttp({ config, cluster, clock, log })
  const tls = checkerTls({ config, cluster })
  if (!http.ok) throw new Error(http.error)
  if (!tls.ok) throw new Error(tls.error)
  const looks = { 'http-01': httpLook(http.value), ...(isAlpnServed ? { 'tls-alpn-01': alpnLook(tls.value) } : {}) }
  return { looks, close: () => http.value.close() }
}
