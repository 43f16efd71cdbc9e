import type { Logger } from '../std/log.ts'
import type { Metrics } from './metrics.ts'

/** Something that must be true. Returns undefined when it is, else a few words on what is missing. */
export interface Check {
  readonly name: string
  readonly trouble: () => string | undefined
}

export interface RoutesOptions {
  readonly metrics: Pick<Metrics, 'render'>
  /** When one of these fails the process should be restarted. */
  readonly healthy: readonly Check[]
  /** When one of these fails the process should get no traffic. */
  readonly ready: readonly Check[]
  readonly log: Logger
}

export interface Page {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

const plain = 'text/plain; charset=utf-8'

/**
 * Answers `/metrics`, `/healthz` and `/readyz`.
 *
 * @returns a function from a path to its page, to be given to an HTTP server
 */
export function observabilityRoutes(options: RoutesOptions): (request: { readonly path: string }) => Promise<Page> {
  const scrape = shared(() => scrapePage(options))
  return async ({ path }) => {
    switch (path) {
      case '/metrics':
        return scrape()
      case '/healthz':
        return checkPage(options.healthy)
      case '/readyz':
        return checkPage(options.ready)
      default:
        return { status: 404, contentType: plain, body: 'not found\n' }
    }
  }
}

async function scrapePage({ metrics, log }: RoutesOptions): Promise<Page> {
  try {
    return { status: 200, ...(await metrics.render()) }
  } catch (error) {
    log.error('metrics could not be collected', { error })
    return { status: 500, contentType: plain, body: 'metrics could not be collected; see the log\n' }
  }
}

function checkPage(checks: readonly Check[]): Page {
  const results = checks.map(({ name, trouble }) => ({ name, trouble: trouble() }))
  const isFine = results.every(({ trouble }) => trouble === undefined)
  const lines = results.map(({ name, trouble }) =>
    trouble === undefined ? `[+] ${name} ok` : `[-] ${name}: ${trouble}`,
  )
  return {
    status: isFine ? 200 : 503,
    contentType: plain,
    body: `${[...lines, isFine ? 'ok' : 'not ok'].join('\n')}\n`,
  }
}

/** Those who ask while the answer is being made get the same one: scraping in parallel costs no more than once. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let underway: Promise<T> | undefined
  return () => (underway ??= make().finally(() => (underway = undefined)))
}
