/** What the page's server answers: the page itself to anybody, the inventory to those who may see it. */
import { KubeError } from '../kube/errors.ts'
import type { ServerReply, ServerRequest } from '../net/server.ts'
import type { Logger } from '../std/log.ts'
import type { Result } from '../std/result.ts'
import { answerApi, apiRoot } from './api.ts'
import type { ApiParts } from './api.ts'
import type { PageFiles } from './assets.ts'
import { securityHeaders } from './headers.ts'

export interface RoutesParts extends ApiParts {
  /** The built page, or a sentence about why there is none. */
  readonly page: Result<PageFiles, string>
  readonly log: Logger
}

/** @returns a function from a request to its answer, to be given to an HTTP server */
export function webRoutes(parts: RoutesParts): (request: ServerRequest) => Promise<ServerReply> {
  return async (request) => {
    if (!request.path.startsWith(apiRoot)) return pageReply(parts, request.path)
    try {
      return await answerApi(parts, request)
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      parts.log.warn('the API server could not be asked what a person may see', { server: 'web', error })
      const body = JSON.stringify({ error: `The API server of the cluster could not be asked: ${error.message}.` })
      return { status: 503, contentType: 'application/json; charset=utf-8', headers: securityHeaders, body }
    }
  }
}

const isView = /^\/(?:certificates(?:\/.*)?|issuers|policies)?$/

/** Paths of the page are its own affair: each of them is answered with the same document, which says where there is nothing. */
function pageReply({ page }: RoutesParts, path: string): ServerReply {
  if (path === '/healthz') return text(200, 'ok')
  if (!page.ok) return text(503, page.error)
  const { script, style, icon, html } = page.value
  switch (path) {
    case '/page.js':
      return file('text/javascript; charset=utf-8', script)
    case '/page.css':
      return file('text/css; charset=utf-8', style)
    case '/icon.svg':
      return file('image/svg+xml', icon)
    default:
      return { ...file('text/html; charset=utf-8', html), status: isView.test(path) ? 200 : 404 }
  }
}

const file = (contentType: string, body: string): ServerReply => ({
  status: 200,
  contentType,
  headers: securityHeaders,
  body,
})

const text = (status: number, sentence: string): ServerReply => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  headers: securityHeaders,
  body: `${sentence}\n`,
})
