/** The issuer of the suite. */
import { acmeHost, zones } from './names.ts'
import type { World } from './world.ts'

/** One issuer that proves control in every way, by the zone of the name. */
export async function makeIssuer({ kube, parts }: World): Promise<void> {
  await kube.create({
    apiVersion: 'perennial.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'pebble' },
    spec: {
      acme: {
        server: `https://${acmeHost}:14000/dir`,
        caBundle: parts.acmeCa,
        privateKeySecretRef: { name: 'pebble-account' },
        solvers: [
          { selector: { dnsZones: [zones.http01] }, http01: { ingress: { ingressClassName: 'nginx' } } },
          { selector: { dnsZones: [zones.tlsAlpn01] }, tlsAlpn01: {} },
        ],
      },
    },
  })
  await kube.run(['wait', '--for=condition=Ready', 'clusterissuers.perennial.dev/pebble', '--timeout=60s'])
}
