/** Where the end-to-end suite runs. */

export interface Place {
  /** Path of a kubeconfig of a cluster administrator. */
  readonly kubeconfig: string
  /** The command that loads an image into its nodes; the path of an archive is its last argument. */
  readonly loader: string
  /** Further environment of the suite. */
  readonly environment?: Readonly<Record<string, string>>
  /** Takes the cluster down. Safe to call twice. */
  close(): Promise<void>
}

/** Why there is no such place here; a sentence for people. */
export interface Missing {
  readonly missing: string
}
