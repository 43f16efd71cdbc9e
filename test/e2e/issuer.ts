/** The issuer of the suite. */
import { acmeHost, home, tsig, zones } from './names.ts'
import type { World } from './world.ts'

/** One issuer that proves control in every way, by the zone of the name. */
export async function makeIssuer({ kube, parts }: World): Promise<void> {
  const metadata = { name: tsig.secretName, namespace: home }
  await kube.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { secret: tsig.secret } })
  const tsigSecretSecretRef = { name: tsig.secretName, key: 'secret' }
  const rfc2136 = { nameserver: parts.bind, tsigKeyName: tsig.name, tsigSecretSecretRef }
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
          { selector: { dnsZones: [zones.dns01] }, dns01: { rfc2136 } },
        ],
      },
    },
  })
  await kube.run(['wait', '--for=condition=Ready', 'clusterissuers.perennial.dev/pebble', '--timeout=60s'])
}
