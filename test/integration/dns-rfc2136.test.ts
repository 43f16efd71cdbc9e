/** Dynamic updates at BIND: signed in every way that it knows, refused in every way that people meet. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Rfc2136Spec } from '../../src/api/issuer/dns01/rfc2136.ts'
import type { DnsChange, DnsProvider, ProviderCtx, TxtValue } from '../../src/enroll/solvers/dns01/provider.ts'
import { rfc2136 } from '../../src/enroll/solvers/dns01/rfc2136/provider.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { hours, minutes, plus, seconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'
import { hasBind, missingBind, startBind, tsigKeys } from '../support/bind.ts'
import type { Bind } from '../support/bind.ts'
import { freePorts } from '../support/process.ts'
import { noSurroundings } from '../support/surroundings.ts'

const withBind = hasBind ? describe : describe.skip
const field = 'spec.acme.solvers[0].dns01'
const name = '_acme-challenge.www.example.test'

let bind: Bind

beforeAll(async () => {
  if (hasBind) bind = await startBind({ zones: ['example.test'] })
}, 30_000)

afterAll(async () => {
  await bind?.stop()
}, 30_000)

type Algorithm = keyof typeof tsigKeys

interface Shape {
  readonly algorithm?: Algorithm
  readonly secret?: string
  readonly keyName?: string
  readonly port?: number
}

function provider({ algorithm = 'HMACSHA256', secret, keyName, port = bind.port }: Shape = {}): DnsProvider {
  const key = tsigKeys[algorithm]
  const spec: Rfc2136Spec = {
    nameserver: `127.0.0.1:${port}`,
    tsigKeyName: keyName ?? key.name,
    tsigAlgorithm: algorithm,
    tsigSecretSecretRef: { name: 'tsig', key: 'secret' },
  }
  const data = { secret: Buffer.from(`${secret ?? key.secret}\n`) }
  const made = rfc2136.create(spec, field, new Map([[`${field}.rfc2136.tsigSecretSecretRef`, data]]))
  if ('code' in made) throw new Error(made.message)
  return made
}

const ctx = (ahead: Duration = seconds(0)): ProviderCtx => ({
  ...noSurroundings,
  dns: bind.dns,
  now: () => plus(systemClock.now(), ahead),
  signal: AbortSignal.timeout(20_000),
  log: silentLogger,
})

const txt = (value: string, more: Partial<TxtValue> = {}): TxtValue => ({
  name,
  zone: 'example.test',
  value,
  ttl: minutes(1),
  identifier: 'www.example.test',
  ...more,
})

const codeOf = (change: DnsChange): string => ('fault' in change ? `${change.kind} ${change.fault.code}` : change.kind)

withBind(`dynamic updates at BIND${missingBind}`, () => {
  it.each(Object.keys(tsigKeys) as Algorithm[])('signed with %s add a value and take it away', async (algorithm) => {
    const by = provider({ algorithm })
    expect(await by.present(txt(algorithm), ctx())).toEqual({ kind: 'done' })
    expect(await bind.texts(name)).toEqual([algorithm])
    expect(await by.remove(txt(algorithm), ctx())).toEqual({ kind: 'done' })
    expect(await bind.texts(name)).toEqual([])
  })

  it('may be repeated, and leave other values at the name alone', async () => {
    const by = provider()
    for (const value of ['one', 'two', 'one']) expect(codeOf(await by.present(txt(value), ctx()))).toBe('done')
    expect([...(await bind.texts(name))].sort()).toEqual(['one', 'two'])
    for (const value of ['one', 'one', 'none']) expect(codeOf(await by.remove(txt(value), ctx()))).toBe('done')
    expect(await bind.texts(name)).toEqual(['two'])
    await by.remove(txt('two'), ctx())
  })

  it('carry values that need more than one string', async () => {
    const long = 'x'.repeat(700)
    await provider().present(txt(long), ctx())
    expect(await bind.texts(name)).toEqual([long])
    await provider().remove(txt(long), ctx())
  })

  it.each<[string, Shape, Partial<TxtValue>, string, string]>([
    ['a wrong secret', { secret: 'd3Jvbmc=' }, {}, 'failed CredentialsRejected', 'BADSIG'],
    ['an unknown key', { keyName: 'nobody' }, {}, 'failed CredentialsRejected', 'BADKEY'],
    ['a zone of others', {}, { name: 'a.other.test', zone: 'other.test' }, 'failed Misconfigured', 'NOTAUTH'],
    ['a name outside the zone', {}, { name: 'a.other.test' }, 'failed Misconfigured', 'NOTZONE'],
  ])('are refused with a sentence for %s', async (_what, shape, more, code, word) => {
    const change = await provider(shape).present(txt('v', more), ctx())
    expect(codeOf(change)).toBe(code)
    expect(change).toMatchObject({ fault: { message: expect.stringContaining(`(${word})`) } })
    expect(JSON.stringify(change)).not.toContain(tsigKeys.HMACSHA256.secret)
  })

  it('are refused while the clocks differ, and tried again', async () => {
    const change = await provider().present(txt('v'), ctx(hours(1)))
    expect(codeOf(change)).toBe('deferred ClockSkewed')
    expect(change).toMatchObject({ fault: { message: expect.stringContaining('(BADTIME)') } })
  })

  it('are tried again where nobody listens', async () => {
    const [port = 0] = await freePorts(1)
    expect(codeOf(await provider({ port }).present(txt('v'), ctx()))).toBe('deferred Unreachable')
  })

  it('say which Secret holds no base64', () => {
    expect(() => provider({ secret: 'not base64!' })).toThrow(
      'the Secret that spec.acme.solvers[0].dns01.rfc2136.tsigSecretSecretRef names cannot be used: its entry secret is no base64',
    )
  })
})
