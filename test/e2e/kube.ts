/** kubectl, against the cluster that was given. */
import { stringify } from 'yaml'
import { kubectl } from '../support/controlplane.ts'

export interface Kube {
  readonly kubeconfig: string
  /** @throws with what it wrote to standard error when it fails */
  run(args: readonly string[], input?: string): Promise<string>
  /** @param manifests - YAML */
  apply(manifests: string): Promise<void>
  create(...objects: readonly object[]): Promise<void>
  /** @param args - of `kubectl get` */
  get<T>(...args: readonly string[]): Promise<T>
  /** The address that a Service has in the cluster. */
  addressOf(namespace: string, service: string): Promise<string>
}

export function kubeWith(kubeconfig: string): Kube {
  const run: Kube['run'] = (args, input) => kubectl(kubeconfig, args, input)
  return {
    kubeconfig,
    run,
    apply: async (manifests) => {
      await run(['apply', '-f', '-'], manifests)
    },
    create: async (...objects) => {
      await run(['create', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'))
    },
    // What the API server says is believed to have the shape that it documents.
    get: async <T>(...args: readonly string[]) => JSON.parse(await run(['get', ...args, '-o', 'json'])) as T,
    addressOf: (namespace, service) =>
      run(['get', 'service', service, '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}']),
  }
}
