/** Which files of the repository are in the image, and where: the Dockerfile's last stage says the same, and a test compares. */

export interface ImageFile {
  /** From the root of the repository; what is in dist/ is made by `npm run build`. */
  readonly source: string
  /** In the image. */
  readonly target: string
}

export const imageFiles: readonly ImageFile[] = [
  { source: 'dist/perennial.mjs', target: '/app/perennial.mjs' },
  { source: 'dist/sbom.cdx.json', target: '/app/sbom.cdx.json' },
  { source: 'LICENSE', target: '/app/LICENSE' },
]

/** Who the process is: nobody in particular, as in every distroless image. */
export const imageUser = '65532:65532'
