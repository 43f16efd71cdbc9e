/** Who looks at the inventory of a cluster, and what uses certificates there. */

/** People are ServiceAccounts here: `watcher` may list Certificates in shop, `keeper` everything in shop, `boss` everywhere. */
export const people = `
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: watcher, namespace: shop}}
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: keeper, namespace: shop}}
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: boss, namespace: shop}}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: watcher, namespace: shop}
    rules: [{apiGroups: [perennial.dev], resources: [certificates], verbs: [list]}]
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: watcher, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: watcher}
    subjects: [{kind: ServiceAccount, name: watcher, namespace: shop}]
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: keeper, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects: [{kind: ServiceAccount, name: keeper, namespace: shop}]
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: boss}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects: [{kind: ServiceAccount, name: boss, namespace: shop}]
`

/** What a web server with the certificate of shop would be. */
export const pod = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'server', namespace: 'shop' },
  spec: {
    containers: [{ name: 'server', image: 'example.com/server' }],
    volumes: [{ name: 'tls', projected: { sources: [{ secret: { name: 'web' } }] } }],
  },
})

/** One that trusts a certificate as it is, and is never called. */
export const webhook = (pem: string): string =>
  JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'strange' },
    webhooks: [
      {
        name: 'strange.example.com',
        clientConfig: { url: 'https://127.0.0.1:1/', caBundle: Buffer.from(pem).toString('base64') },
        rules: [
          { apiGroups: ['strange.example.com'], apiVersions: ['v1'], resources: ['things'], operations: ['CREATE'] },
        ],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  })
