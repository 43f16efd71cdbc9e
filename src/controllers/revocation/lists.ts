/** Serves the lists of revoked certificates that CAs of this cluster keep (RFC 5280 section 4.2.1.13): public, from any replica. */
import type { Store } from '../../kube/store.ts'
import type { SecretProjection } from '../certificate/projection.ts'

export interface ListPage {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}

/** `/crl/<namespace>/<name of the Secret>.crl`. */
const path = /^\/crl\/([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253})\.crl$/

/** @returns the list at a path, in the media type of RFC 2585 section 3; undefined when there is none */
export function listRoutes(
  secrets: Store<SecretProjection>,
): (request: { readonly path: string }) => ListPage | undefined {
  return (request) => {
    const [, namespace = '', name = ''] = path.exec(request.path) ?? []
    const secret = secrets.get(`${namespace}/${name}`)
    if (secret?.role !== 'list') return undefined
    return { status: 200, contentType: 'application/pkix-crl', body: secret.crl }
  }
}
