/** Objects of others that terminate TLS or bring names: their parts that have to do with certificates. All else is dropped. */
import { z } from 'zod'
import type { DeepReadonly } from '../std/readonly.ts'

/** networking.k8s.io/v1, Ingress. */
export const ingressSpec = z
  .object({
    tls: z.array(z.object({ hosts: z.array(z.string()).nullish(), secretName: z.string().nullish() })).nullish(),
  })
  .nullish()

export type IngressSpec = DeepReadonly<z.output<typeof ingressSpec>>

const certificateRef = z.object({
  group: z.string().nullish(),
  kind: z.string().nullish(),
  name: z.string(),
  namespace: z.string().nullish(),
})

const listener = z.object({
  name: z.string(),
  hostname: z.string().nullish(),
  protocol: z.string().nullish(),
  tls: z.object({ mode: z.string().nullish(), certificateRefs: z.array(certificateRef).nullish() }).nullish(),
  allowedRoutes: z.object({ namespaces: z.object({ from: z.string().nullish() }).nullish() }).nullish(),
})

export type Listener = DeepReadonly<z.output<typeof listener>>

/** gateway.networking.k8s.io, Gateway and ListenerSet, of every version so far. */
export const listenersSpec = z.object({ listeners: z.array(listener).nullish() }).nullish()

export type ListenersSpec = DeepReadonly<z.output<typeof listenersSpec>>

/** gateway.networking.k8s.io, HTTPRoute. */
export const routeSpec = z
  .object({
    parentRefs: z
      .array(
        z.object({
          kind: z.string().nullish(),
          namespace: z.string().nullish(),
          name: z.string(),
          sectionName: z.string().nullish(),
        }),
      )
      .nullish(),
    hostnames: z.array(z.string()).nullish(),
  })
  .nullish()
