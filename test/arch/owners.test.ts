import { describe, expect, it } from '@jest/globals'
import { sourcesIn } from './source.ts'

const sources = sourcesIn('src')

interface Rule {
  /** Completes "only … ". */
  readonly name: string
  readonly pattern: RegExp
  readonly owner: RegExp
}

/** What has one owner, so that everybody else gets it handed and tests can hand something else. */
const rules: readonly Rule[] = [
  {
    name: 'the clock reads the time',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    owner: /^src\/runtime\/clock\.ts$/,
  },
  { name: 'the clock throws dice', pattern: /\bMath\.random\b/, owner: /^src\/runtime\/clock\.ts$/ },
  {
    name: 'the clock sets timers',
    pattern: /\bset(?:Timeout|Interval)\b|\bnode:timers/,
    owner: /^src\/runtime\/clock\.ts$/,
  },
  { name: 'config reads the environment', pattern: /\bprocess\.env\b/, owner: /^src\/config\.ts$/ },
  {
    name: 'main ends the process',
    pattern: /\bprocess\.(?:exit|abort|exitCode)\b/,
    owner: /^src\/(?:cli\/)?main\.ts$/,
  },
  { name: 'obs writes to the terminal', pattern: /\bconsole\./, owner: /^$/ },
]

const cryptographic = [
  'randomBytes',
  'randomInt',
  'randomUUID',
  'randomFill',
  'generateKeyPair',
  'generateKeyPairSync',
].concat(['generateKey', 'generateKeySync', 'webcrypto', 'getRandomValues', 'createECDH', 'createDiffieHellman'])

describe('what has one owner', () => {
  it.each(rules)('only $name', ({ pattern, owner }) => {
    const others = sources.filter(({ path, code }) => !owner.test(path) && pattern.test(code))
    expect(others.map(({ path }) => path)).toEqual([])
  })

  it('only pki makes keys and random bytes', () => {
    const takers = sources.filter(({ path }) => !path.startsWith('src/pki/'))
    const offences = takers.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target === 'node:crypto')
        .flatMap(({ names }) => names.filter((name) => cryptographic.includes(name)).map((name) => `${path}: ${name}`)),
    )
    expect(offences).toEqual([])
    expect(takers.filter(({ code }) => /\bcrypto\.(?:random|generate|subtle|getRandom)/.test(code))).toEqual([])
  })

  it('only kube speaks with the client library, and takes from it no more than credentials', () => {
    const takers = sources.filter(({ imports }) => imports.some(({ target }) => target === '@kubernetes/client-node'))
    expect(takers.map(({ path }) => path)).toEqual(['src/kube/identity.ts'])
  })
})

describe('unit tests', () => {
  it('do not load the client library, which costs each test file 0.7 seconds', () => {
    const takers = sourcesIn('test/unit', 'test/contract', 'test/sim').filter(({ imports }) =>
      imports.some(({ target }) => target === '@kubernetes/client-node' || target === 'src/kube/identity.ts'),
    )
    expect(takers.map(({ path }) => path)).toEqual([])
  })
})
