import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createLogger } from '../../../src/obs/logger.ts'
import type { LoggerOptions } from '../../../src/obs/logger.ts'
import { redactFields, redactText } from '../../../src/obs/redact.ts'
import { SecretText } from '../../../src/std/secret.ts'

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const log = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line), ...options })
  return { log, lines, parsed: (): unknown[] => lines.map((line): unknown => JSON.parse(line)) }
}

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const inner = pem.split('\n')[1] ?? ''

describe('createLogger', () => {
  it('writes one JSON object a line, with the fields that were bound', () => {
    const { log, lines, parsed } = setUp()
    log.with({ controller: 'certificate' }).with({ key: 'ns/web' }).info('issued', { serial: '01' })
    expect(lines[0]?.endsWith('}\n')).toBe(true)
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        controller: 'certificate',
        key: 'ns/web',
        serial: '01',
        message: 'issued',
      },
    ])
  })

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('leaves out what is less important than %s', (level, expected) => {
    const { log, lines } = setUp({ level })
    for (const at of ['debug', 'info', 'warn', 'error'] as const) log[at]('x')
    expect(lines).toHaveLength(expected)
  })

  it('writes errors out with their causes and codes', () => {
    const { log, parsed } = setUp()
    const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    log.error('failed', { error: new Error('no answer', { cause }) })
    expect(parsed()).toMatchObject([
      {
        error: {
          message: 'no answer',
          stack: expect.stringContaining('logger.test'),
          cause: { message: 'socket hang up', code: 'ECONNRESET' },
        },
      },
    ])
  })

  it('does not end the process when standard output takes nothing, as on a full disk', () => {
    const program = `import { createLogger } from './src/obs/logger.ts'
      createLogger({ level: 'info', format: 'json' }).info('one')
      setTimeout(() => process.exit(7), 10)`
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', full, 'pipe'],
    })
    closeSync(full)
    expect([status, stderr.toString()]).toEqual([7, ''])
  })

  it('keeps fields apart from what the line itself is made of', () => {
    const { log, parsed } = setUp()
    log.info('real', { level: 'fake', time: 'fake', message: 'fake' })
    expect(parsed()).toMatchObject([{ level: 'info', message: 'real', level_: 'fake', message_: 'fake' }])
  })

  it('writes plain lines for people', () => {
    const { log, lines } = setUp({ format: 'text' })
    log.warn('not issued', { name: 'web', reason: 'two words', attempts: 2 })
    log.info('no fields')
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}not issued {2}name=web reason="two words" attempts=2\n$/)
    expect(lines[1]).toMatch(/INFO {2}no fields\n$/)
  })

  it('lets nobody forge a line', () => {
    for (const format of ['json', 'text'] as const) {
      const { log, lines } = setUp({ format })
      log.info('a\n12:00:00 ERROR forged', { name: 'b\nforged' })
      expect(lines.join('').trimEnd().split('\n')).toHaveLength(1)
    }
  })

  it('prints no secret, however it is handed in', () => {
    const secret = 'hunter2-hunter2'
    const { log, lines } = setUp()
    const cause = new Error(`cannot use ${pem}`)
    log.with({ password: secret }).error(`bad key ${pem}`, {
      error: Object.assign(new Error(pem, { cause }), { headers: { Authorization: `Basic ${secret}` } }),
      secretText: new SecretText(secret),
      deep: { list: [{ 'client-secret': secret, apiKey: secret, accessToken: secret, hmac_key: secret }] },
      url: `https://user:${secret}@proxy.example/`,
      header: `Bearer ${secret}`,
      map: new Map([['Set-Cookie', secret]]),
      escaped: JSON.stringify({ key: pem }),
      cut: pem.slice(0, 100),
      bytes: Buffer.from(secret),
    })
    expect(lines.join('')).not.toContain(secret)
    expect(lines.join('')).not.toContain(inner.slice(0, 30))
    expect(lines.join('')).not.toContain(Buffer.from(secret).toString('base64'))
  })
})

describe('redactFields', () => {
  it.each(['secretName', 'secretRef', 'tokens', 'keySize', 'key', 'passwordKey', 'authorizations'])(
    'leaves %s as it is',
    (name) => {
      expect(redactFields({ [name]: 'value' })).toEqual({ [name]: 'value' })
    },
  )

  it('survives what loops, what is deep, what is long and what JSON cannot hold', () => {
    const loop: Record<string, unknown> = {
      big: 1n,
      call: () => 1,
      when: new Date(Number.NaN),
      list: Array.from({ length: 10_000 }, () => 1),
    }
    loop['self'] = loop
    loop['text'] = 'x'.repeat(1e6)
    expect(JSON.stringify(redactFields(loop)).length).toBeLessThan(100_000)
  })

  it('asks no object for its text, even as the key of a map', () => {
    const odd = new Map<unknown, unknown>([
      [{ toString: 1, valueOf: 2 }, 'held'],
      [Object.create(null), 'held as well'],
    ])
    expect(redactFields({ odd })).toEqual({ odd: { '[object]': 'held as well' } })
  })

  it('gives something that JSON can hold, for every value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })),
        (fields) => {
          expect(typeof JSON.stringify(redactFields(fields))).toBe('string')
        },
      ),
    )
  })

  it('finds a private key inside any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom('', 'RSA ', 'EC ', 'ENCRYPTED '), (before, after, kind) => {
        const key = `-----BEGIN ${kind}PRIVATE KEY-----\nMIISECRET\n-----END ${kind}PRIVATE KEY-----`
        expect(redactText(before + key + after)).not.toContain('MIISECRET')
      }),
    )
  })

  it('leaves certificates readable', () => {
    const text = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
    expect(redactText(text)).toBe(text)
  })
})
