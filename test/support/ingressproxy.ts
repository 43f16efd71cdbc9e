/**
 * A small ingress controller: for each request it reads Ingresses and HTTPRoutes from the API server, finds the path, and goes
 * to an endpoint of the Service behind it, as EndpointSlices name it. It believes nothing but what stands in the API.
 */
import { Agent, request } from 'undici'
import type { ControlPlane } from './controlplane.ts'
import { serveHttp } from './servers.ts'

/** Stands for the pod of the operator in EndpointSlices, which refuse loopback addresses; it is this machine. */
export const podAddress = '192.0.2.10'

export interface IngressProxy {
  readonly port: number
  /** Requests that were led somewhere. */
  readonly led: readonly string[]
  close(): Promise<void>
}

interface Objects<T> {
  readonly items: readonly (T & { readonly metadata: { readonly namespace: string; readonly name: string } })[]
}

interface IngressLike {
  readonly spec: {
    readonly rules?: readonly {
      readonly host?: string
      readonly http?: {
        readonly paths: readonly {
          readonly path: string
          readonly pathType: string
          readonly backend: { readonly service: { readonly name: string; readonly port: { readonly number: number } } }
        }[]
      }
    }[]
  }
}

interface RouteLike {
  readonly spec: {
    readonly parentRefs?: readonly { readonly name: string }[]
    readonly hostnames?: readonly string[]
    readonly rules: readonly {
      readonly matches: readonly { readonly path: { readonly type: string; readonly value: string } }[]
      readonly backendRefs: readonly { readonly name: string; readonly port: number }[]
    }[]
  }
}

interface SliceLike {
  readonly endpoints: readonly { readonly addresses: readonly string[] }[]
  readonly ports: readonly { readonly port: number }[]
}

interface Place {
  readonly namespace: string
  readonly service: string
}

export async function startIngressProxy(plane: ControlPlane): Promise<IngressProxy> {
  const agent = new Agent({ connect: { ca: plane.ca } })
  const led: string[] = []
  const read = async <T>(path: string): Promise<Objects<T>['items']> => {
    const headers = { authorization: `Bearer ${plane.token}` }
    const { statusCode, body } = await request(plane.url + path, { dispatcher: agent, headers })
    const text = await body.text()
    return statusCode === 200 ? (JSON.parse(text) as Objects<T>).items : []
  }
  const server = await serveHttp((asked, response) => {
    const { url = '', headers } = asked
    const host = (headers.host ?? '').replace(/:\d+$/, '')
    const answer = async (): Promise<void> => {
      const place = (await placeOnIngress(read, host, url)) ?? (await placeOnRoute(read, host, url))
      const port = place && (await endpointOf(read, place))
      if (place === undefined || port === undefined) {
        response.statusCode = 404
        response.end('default backend - 404')
        return
      }
      led.push(`${host}${url}`)
      const { statusCode, body } = await request(`http://127.0.0.1:${port}${url}`)
      response.statusCode = statusCode
      response.end(await body.text())
    }
    answer().catch((error: unknown) => {
      response.statusCode = 502
      response.end(String(error))
    })
  })
  return {
    port: server.port,
    led,
    close: async () => {
      await server.close()
      await agent.close()
    },
  }
}

type Read = <T>(path: string) => Promise<Objects<T>['items']>

async function placeOnIngress(read: Read, host: string, url: string): Promise<Place | undefined> {
  for (const { metadata, spec } of await read<IngressLike>('/apis/networking.k8s.io/v1/ingresses'))
    for (const rule of spec.rules ?? [])
      for (const { path, pathType, backend } of rule.http?.paths ?? [])
        if ((rule.host ?? host) === host && (pathType === 'Exact' ? path === url : url.startsWith(path)))
          return { namespace: metadata.namespace, service: backend.service.name }
  return undefined
}

async function placeOnRoute(read: Read, host: string, url: string): Promise<Place | undefined> {
  for (const { metadata, spec } of await read<RouteLike>('/apis/gateway.networking.k8s.io/v1/httproutes'))
    for (const { matches, backendRefs } of spec.rules)
      if ((spec.hostnames ?? [host]).includes(host) && matches.some(({ path }) => path.value === url))
        return { namespace: metadata.namespace, service: backendRefs[0]?.name ?? '' }
  return undefined
}

/** @returns the port on this machine behind the Service; undefined when its endpoints are not those of the operator */
async function endpointOf(read: Read, { namespace, service }: Place): Promise<number | undefined> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`)
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`
  const slices = await read<SliceLike>(path)
  const slice = slices.find(({ endpoints }) => endpoints.some(({ addresses }) => addresses.includes(podAddress)))
  return slice?.ports[0]?.port
}
