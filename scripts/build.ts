/**
 * `npm run build`: one bundle, `dist/perennial.mjs`, which the demo, the benchmark and the image run.
 *
 * Bundled and minified, the process is half as big and starts four times as fast, because the generated API models of
 * @kubernetes/client-node are left out. They come back with one careless import, so the build looks for them.
 */
import { build } from 'esbuild'
import type { Metafile } from 'esbuild'

const outfile = 'dist/perennial.mjs'

/** Packages written for CommonJS call `require`, which an ES module does not have. */
const banner = [
  '#!/usr/bin/env node',
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
].join('\n')

const { metafile } = await build({
  entryPoints: ['src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  // Names of classes and functions are what a stack trace shows.
  keepNames: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  metafile: true,
  banner: { js: banner },
})

const models = modelsIn(metafile)
if (models.length > 0) {
  console.error(`${models.length} generated API models got into the bundle, for example ${models[0]}.`)
  console.error('Import from @kubernetes/client-node only what src/kube/identity.ts needs, by its own path.')
  process.exitCode = 1
} else {
  const bytes = metafile.outputs[outfile]?.bytes ?? 0
  console.log(`  ✓ ${outfile} (${Math.round(bytes / 1024)} KiB)`)
}

/** What ended up in the bundle, not what was looked at. */
function modelsIn({ outputs }: Metafile): readonly string[] {
  const inputs = Object.entries(outputs[outfile]?.inputs ?? {})
  return inputs
    .filter(([path, { bytesInOutput }]) => path.includes('client-node/dist/gen/') && bytesInOutput > 0)
    .map(([path]) => path)
}
