/** The page's server over an inventory made of a few words, for tests of its API and of the page. */
import type { Issuer } from '../../src/api/issuer.ts'
import type { CertificatePolicy } from '../../src/api/policy.ts'
import { kindsOf } from '../../src/domain/inventory/item.ts'
import type { Consumer, InventoryItem } from '../../src/domain/inventory/item.ts'
import { judge } from '../../src/domain/inventory/query.ts'
import { reissuesUnder } from '../../src/domain/inventory/replaced.ts'
import type { ServerReply } from '../../src/net/server.ts'
import { silentLogger } from '../../src/std/log.ts'
import type { Instant } from '../../src/std/time.ts'
import { err, ok } from '../../src/std/result.ts'
import type { User } from '../../src/web/access.ts'
import type { ApiParts } from '../../src/web/api.ts'
import type { PageFiles } from '../../src/web/assets.ts'
import { webRoutes } from '../../src/web/routes.ts'
import type { RoutesParts } from '../../src/web/routes.ts'

export interface SiteOptions {
  readonly items: readonly InventoryItem[]
  readonly now: Instant
  readonly issuers?: readonly Issuer[]
  readonly clusterIssuers?: readonly Issuer[]
  readonly policies?: readonly CertificatePolicy[]
  /** By kind, namespace and name of the issuer. */
  readonly asked?: ReturnType<ApiParts['inventory']['asked']>
  /** By the id of the item. */
  readonly consumers?: Readonly<Record<string, readonly Consumer[]>>
  readonly lookup?: ApiParts['lookup']
  readonly unread?: readonly string[]
  readonly page?: PageFiles
  /** Everybody asks too fast. */
  readonly hasty?: true
}

/** `everywhere` sees all of it, `shop-only` one namespace; other tokens are nobody's. */
const places: Readonly<Record<string, (namespace: string) => boolean>> = {
  everywhere: () => true,
  'shop-only': (namespace) => namespace === 'shop',
  nowhere: () => false,
}

const access: RoutesParts['access'] = {
  identify: (authorization) => {
    const username = authorization?.replace('Bearer ', '') ?? ''
    const user: User = { username, uid: '', groups: [], extra: {} }
    return Promise.resolve(username in places ? ok(user) : err(username === 'away' ? 'unavailable' : 'unknown'))
  },
  allowed: ({ username }, _listed, namespaces) =>
    Promise.resolve(new Set([...namespaces].filter((namespace) => places[username]?.(namespace) === true))),
  mayEverywhere: ({ username }) => Promise.resolve(username === 'everywhere'),
}

export function siteParts(options: SiteOptions): RoutesParts {
  const { items, now, issuers = [], clusterIssuers = [], policies = [], consumers = {}, unread = [], page } = options
  const { asked = new Map() } = options
  const judging = { now, placesOf: () => 1, reissueOf: reissuesUnder({ issuers, clusterIssuers }, now) }
  const consumersOf = ({ id }: InventoryItem): readonly Consumer[] => consumers[id] ?? []
  const picture = {
    ...judging,
    judged: judge(items, judging),
    consumersOf,
    consumerKinds: (item: InventoryItem) => kindsOf(consumersOf(item)),
    farNamespaces: items.flatMap((one) =>
      consumersOf(one).flatMap(({ namespace }) => (namespace === one.namespace ? [] : [namespace])),
    ),
    unread,
  }
  return {
    inventory: {
      picture: () => picture,
      issuers: () => ({ issuers, clusterIssuers }),
      policies: () => policies,
      asked: () => asked,
    },
    access,
    pace: { allows: () => options.hasty !== true },
    lookup: options.lookup ?? (() => Promise.resolve({ moments: [], consumers: [], unread: [] })),
    version: '1.2.3',
    page: page === undefined ? err('The page has not been built.') : ok(page),
    log: silentLogger,
  }
}

/** Asks as the bearer of a token. */
export function asking(options: SiteOptions): (address: string, token?: string) => Promise<ServerReply> {
  const routes = webRoutes(siteParts(options))
  return (address, token = 'everywhere') => {
    const [path = '', search = ''] = address.split('?')
    return routes({
      method: 'GET',
      path,
      host: 'test',
      search,
      authorization: token === '' ? undefined : `Bearer ${token}`,
    })
  }
}

export const bodyOf = ({ body }: ServerReply): unknown => JSON.parse(String(body))
