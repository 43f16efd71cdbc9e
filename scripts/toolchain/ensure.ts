/** Finds every part, and builds those that are nowhere. */
import { step } from '../progress.ts'
import { publish, whileAlone } from './cache.ts'
import { cachedDirectory, find } from './find.ts'
import type { Found } from './find.ts'
import { buildWithGo, canBuild, installedGo } from './go.ts'
import { partOf } from './parts.ts'
import type { Binary, Edition, GoVersion } from './parts.ts'

/**
 * @returns where each part is; the parts that were missing have been built
 * @throws with a sentence that says what to install when a part can be had no way
 */
export async function ensure(binaries: readonly Binary[]): Promise<readonly Found[]> {
  const missing = binaries.filter((binary) => find(binary) === undefined)
  if (missing.length > 0) await buildAll(missing)
  return binaries.map(mustFind)
}

async function buildAll(missing: readonly Binary[]): Promise<void> {
  const go = installedGo()
  if (go === undefined) throw new Error(withoutGo(missing))
  const editions = missing.map((binary) => [binary, editionFor(binary, go)] as const)
  console.log(`Not in the cache yet: ${missing.join(', ')}. They are built once, with Go ${go}, from the module proxy.`)
  const onWait = (pid: number): void => console.log(`  … process ${pid} is building them already; waiting for it`)
  await whileAlone(onWait, async () => {
    for (const [binary, edition] of editions) {
      if (find(binary) === undefined) await build(binary, edition)
    }
  })
}

async function build(binary: Binary, edition: Edition): Promise<void> {
  const part = partOf(binary)
  await step(`building ${binary} ${edition.version} (first time only, ${part.effort} on two cores)`, (progress) =>
    publish(cachedDirectory(binary, edition), (directory) =>
      buildWithGo({ binary, part, edition, directory, onLine: (line) => progress.detail(line) }),
    ),
  )
}

function editionFor(binary: Binary, go: GoVersion): Edition {
  const { editions } = partOf(binary)
  const edition = editions.find((one) => canBuild(go, one))
  if (edition !== undefined) return edition
  const oldest = editions.at(-1)?.go ?? 'a newer one'
  throw new Error(`Go ${go} is too old to build ${binary}: install Go ${oldest} or later from https://go.dev/dl/.`)
}

function mustFind(binary: Binary): Found {
  const found = find(binary)
  if (found === undefined) throw new Error(`${binary} was built but is not in the cache; is its disk full?`)
  return found
}

const withoutGo = (missing: readonly Binary[]): string =>
  [
    `${missing.join(', ')}: not found, and there is no Go to build them with.`,
    'Install Go 1.24 or later (https://go.dev/dl/, or: apt-get install golang-go), or put these programs into a directory',
    'and name it in $KUBEBUILDER_ASSETS (setup-envtest of controller-runtime fetches kube-apiserver, etcd and kubectl).',
  ].join('\n')
