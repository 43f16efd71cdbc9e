/** The server of the inventory's page, put together. Part of the composition root. */
import type { Config } from './config.ts'
import type { Inventory } from './controllers/inventory/inventory.ts'
import type { Transport } from './kube/transport.ts'
import type { RunningServer } from './net/listen.ts'
import { startServer } from './net/server.ts'
import type { ServerOptions } from './net/server.ts'
import { sha256Hex } from './pki/hash.ts'
import { pemLimits, readCertificates } from './pki/pem.ts'
import type { Part } from './runtime/lifecycle.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { ok } from './std/result.ts'
import { version } from './version.ts'
import { Access } from './web/access.ts'
import type { ApiParts } from './web/api.ts'
import { pageFiles } from './web/assets.ts'
import { Lookups } from './web/lookup.ts'
import { Pace } from './web/pace.ts'
import { webRoutes } from './web/routes.ts'

export interface WebsiteOptions {
  readonly config: Pick<Config, 'webAddress'>
  readonly inventory: Inventory
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
}

/** Every replica serves the inventory, leading or not; none where there is no address. */
export function websitePart(options: WebsiteOptions): Part {
  const { config, clock, log } = options
  const { webAddress: address } = config
  let server: RunningServer | undefined
  return {
    name: 'web',
    start: async () => {
      if (address === undefined) return ok(undefined)
      const answer = await answerFor(options)
      const started = await startServer({ name: 'web', address, answer, clock, log })
      if (!started.ok) return started
      server = started.value
      return ok(undefined)
    },
    stop: async () => server?.close(),
  }
}

async function answerFor({ inventory, transport, clock, log }: WebsiteOptions): Promise<ServerOptions['answer']> {
  const access = new Access({ transport, clock, hash: (text) => sha256Hex(Buffer.from(text)) })
  const lookups = new Lookups({ transport, access, clock, fingerprintsIn })
  const lookup: ApiParts['lookup'] = (item, user) => lookups.of(item, user)
  const pace = new Pace(clock)
  return webRoutes({ inventory, access, pace, lookup, version, page: await pageFiles(), log })
}

function fingerprintsIn(pem: string): readonly string[] {
  const certificates = readCertificates(pem, pemLimits.bundle)
  return certificates.ok ? certificates.value.map(sha256Hex) : []
}
