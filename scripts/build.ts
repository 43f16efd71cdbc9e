/**
 * `npm run build`: two bundles. `dist/perennial.mjs` is what the demo, the benchmark and the image run; `dist/kubectl-perennial`
 * is the tool without a cluster, one file to be put on the PATH.
 *
 * Bundled, the process is half as big and starts four times as fast, because the generated API models and calls of
 * @kubernetes/client-node are left out. They come back with one careless import, so the build looks for them.
 */
import { chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Metafile, Plugin } from 'esbuild'
import { writeSbom } from './sbom.ts'
import { buildPage, pageInside, writePage } from './webpage.ts'

const clientLibrary = '@kubernetes/client-node'

/** Packages written for CommonJS call `require`, which an ES module does not have. */
const banner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/**
 * Of the client library we use the reading of kubeconfig files, which lies in one of its modules. That module asks for two
 * small ones of the generated code by way of an index which loads all 765, and the library does not tell bundlers that they may
 * be left out (kubernetes-client/javascript#242).
 */
const kubeconfigOnly: Plugin = {
  name: 'kubeconfig-only',
  setup(bundler) {
    const library = join(process.cwd(), 'node_modules', clientLibrary, 'dist')
    bundler.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: join(library, 'config.js') }))
    bundler.onLoad({ filter: /[/\\]client-node[/\\]dist[/\\]gen[/\\]index\.js$/ }, () => ({
      contents: "export * from './configuration.js'; export * from './servers.js'",
      resolveDir: join(library, 'gen'),
    }))
  },
}

/** zod can complain in fifty languages, all of which stay in memory; ours is English. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

/**
 * Of undici we use what connects and sends. Its index loads `fetch`, web sockets, caches and mocks as well, which take 6 MB;
 * the client library names its `fetch` for calls that nobody here makes, and gets Node's. A name that is imported and missing
 * here fails the build.
 */
const dispatchersOnly: Plugin = {
  name: 'dispatchers-only',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]undici[/\\]index\.js$/ }, ({ path }) => ({
      contents: `
        import Dispatcher from './lib/dispatcher/dispatcher.js'
        import api from './lib/api/index.js'
        Object.assign(Dispatcher.prototype, api)
        export { default as Agent } from './lib/dispatcher/agent.js'
        export { default as Client } from './lib/dispatcher/client.js'
        export { default as ProxyAgent } from './lib/dispatcher/proxy-agent.js'
        export { default as buildConnector } from './lib/core/connect.js'
        export const fetch = globalThis.fetch`,
      resolveDir: dirname(path),
    }))
  },
}

/** What ended up in a bundle, not what was looked at. */
function generatedIn({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path, { bytesInOutput }]) => /client-node\/dist\/gen\/(?:models|apis)\//.test(path) && bytesInOutput > 0)
    .map(([path]) => path)
}

interface Bundle {
  readonly entry: string
  readonly outfile: string
  /** A map of the sources beside it, for stack traces. */
  readonly sourcemap: boolean
  /** Where it is written what the bundle is made of. */
  readonly bill?: string
}

const bundles: readonly Bundle[] = [
  { entry: 'src/main.ts', outfile: 'dist/perennial.mjs', sourcemap: true, bill: 'dist/sbom.cdx.json' },
  { entry: 'src/cli/main.ts', outfile: 'dist/kubectl-perennial', sourcemap: false },
]

async function make({ entry, outfile, sourcemap, bill }: Bundle): Promise<void> {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Names stay as they were written, for a stack trace shows them; kept any other way, each costs a call when it is made.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: sourcemap ? 'linked' : false,
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    banner: { js: banner },
    plugins: [kubeconfigOnly, englishOnly, dispatchersOnly, pageInside(page.files)],
  })
  const generated = generatedIn(metafile)
  if (generated.length > 0) {
    console.error(`${generated.length} generated files got into ${outfile}, for example ${generated[0]}.`)
    console.error(`Take from ${clientLibrary} no more than src/kube/identity.ts does: the reading of kubeconfig files.`)
    process.exitCode = 1
    return
  }
  chmodSync(outfile, 0o755)
  if (bill !== undefined) writeSbom([metafile, page.metafile], bill)
  console.log(`  ✓ ${outfile} (${Math.round((metafile.outputs[outfile]?.bytes ?? 0) / 1024)} KiB)`)
}

const page = await buildPage()
writePage(page.files)
for (const bundle of bundles) await make(bundle)
