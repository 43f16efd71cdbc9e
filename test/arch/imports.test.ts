import { describe, expect, it } from '@jest/globals'
import { layers, protocolFolders } from './layers.ts'
import type { Layer } from './layers.ts'
import { filesIn, sourcesIn } from './source.ts'
import type { Import, Source } from './source.ts'

const sources = sourcesIn('src')

function layerOf(path: string): Layer {
  const [nearest] = layers
    .filter(({ prefix }) => path.startsWith(prefix))
    .sort((one, other) => other.prefix.length - one.prefix.length)
  if (nearest === undefined) throw new Error(`${path} is in no layer of the table`)
  return nearest
}

function isAllowed({ own, packages }: Layer, { target, isOwn, isType }: Import): boolean {
  if (!isOwn) return target.startsWith('node:') || packages.includes(target)
  return own.some(({ prefix, typesOnly }) => target.startsWith(prefix) && (isType || typesOnly !== true))
}

/** Every import of a file that its layer does not allow, as a sentence. */
function offences({ path, imports }: Source): readonly string[] {
  const layer = layerOf(path)
  return imports
    .filter((one) => !isAllowed(layer, one))
    .map(({ target, isType }) => `${path} must not import ${isType ? 'the types of ' : ''}${target}`)
}

describe('the import table', () => {
  it('holds for every file of src', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.flatMap(offences)).toEqual([])
  })

  it('has a row for every folder of src', () => {
    const folders = new Set(
      sources.map(({ path }) => path.split('/')).flatMap(([, name = '', more]) => (more === undefined ? [] : [name])),
    )
    const named = new Set(layers.map(({ prefix }) => prefix.split('/')[1]))
    expect([...folders].filter((folder) => !named.has(folder))).toEqual([])
  })

  it('has a row for every protocol', () => {
    const folders = new Set(filesIn('src/enroll').flatMap((path) => /^src\/enroll\/([^/]+)\//.exec(path)?.[1] ?? []))
    // Solvers speak with DNS and the like, not with a CA.
    const known = new Set<string>([...protocolFolders, 'solvers'])
    expect([...folders].filter((folder) => !known.has(folder))).toEqual([])
  })

  it('would notice a forbidden import', () => {
    const wrong: Import = { target: 'src/kube/transport.ts', isOwn: true, isType: false, names: ['Transport'] }
    const [pure] = sources.filter(({ path }) => path === 'src/domain/decide.ts')
    expect(pure).toBeDefined()
    expect(offences({ ...(pure as Source), imports: [wrong] })).toEqual([
      'src/domain/decide.ts must not import src/kube/transport.ts',
    ])
  })
})
