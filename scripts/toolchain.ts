/** `npm run toolchain [part ...]`: finds or builds the real parts that tests and the demo run against. */
import { ensure } from './toolchain/ensure.ts'
import { allBinaries } from './toolchain/parts.ts'
import type { Binary } from './toolchain/parts.ts'

const isBinary = (name: string): name is Binary => allBinaries.some((binary) => binary === name)

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !isBinary(name))

try {
  if (unknown.length > 0)
    throw new Error(`There is no part ${unknown.join(', ')}; there are ${allBinaries.join(', ')}.`)
  for (const { binary, path, way } of await ensure(asked.length === 0 ? allBinaries : asked.filter(isBinary))) {
    console.log(`  ✓ ${binary} (${way}) ${path}`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
