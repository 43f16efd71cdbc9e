/** A cluster that cert-manager looks after, object by object, and a policy of the cluster that gets in the way of leaving it. */

export const vault = {
  vault: { server: 'https://vault.example', path: 'pki/sign/x', auth: { tokenSecretRef: { name: 't', key: 't' } } },
}

const labels = { 'app.kubernetes.io/name': 'cert-manager', 'app.kubernetes.io/component': 'controller' }

export const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'cert-manager', namespace: 'cert-manager', labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'controller', image: 'controller' }] } },
  },
}

const backend = { service: { name: 'web', port: { number: 80 } } }

export const ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'edge',
    namespace: 'shop',
    annotations: {
      'cert-manager.io/cluster-issuer': 'house',
      'cert-manager.io/private-key-algorithm': 'ECDSA',
      'cert-manager.io/private-key-size': '256',
    },
  },
  spec: {
    tls: [{ hosts: ['edge.example'], secretName: 'edge-tls' }],
    rules: [{ host: 'edge.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
  },
}

export const old = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { name: 'old', namespace: 'shop' },
  spec: { secretName: 'x', dnsNames: ['x.example'], issuerRef: { name: 'house' } },
}

/** What an admission policy of the cluster may do to any step. */
const admission = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'no-old' } }
const matched = {
  apiGroups: ['perennial.dev'],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['certificates'],
}
export const refusal = [
  {
    ...admission,
    kind: 'ValidatingAdmissionPolicy',
    spec: {
      matchConstraints: { resourceRules: [matched] },
      validations: [{ expression: "object.metadata.name != 'old'" }],
    },
  },
  {
    ...admission,
    kind: 'ValidatingAdmissionPolicyBinding',
    spec: { policyName: 'no-old', validationActions: ['Deny'] },
  },
]
