/** What the suite is given: any cluster, and a way to get an image into its nodes. */

export interface Given {
  /** Path of a kubeconfig of a cluster administrator. */
  readonly kubeconfig: string
  /** A command that loads an image; the path of an archive, as `docker save` writes it, is its last argument. */
  readonly loader: string
  /** Whether the operator's image is in the cluster already, under the name that the suite would give it. */
  readonly images: 'all' | 'parts'
}

/** @throws with what to type when the suite was started without a cluster */
export function given(): Given {
  const { E2E_KUBECONFIG: kubeconfig = '', E2E_LOAD_IMAGE: loader = '', E2E_OPERATOR_IMAGE: ready = '' } = process.env
  if (kubeconfig === '' || loader === '')
    throw new Error(
      'This suite needs a cluster in $E2E_KUBECONFIG and a loader of images in $E2E_LOAD_IMAGE. Run: npm run test:cluster, or npm run test:kind',
    )
  return { kubeconfig, loader, images: ready === 'loaded' ? 'parts' : 'all' }
}
