import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChannelWorld } from '../../../src/notify/channel.ts'
import type { MailConfig } from '../../../src/notify/config.ts'
import { mail } from '../../../src/notify/mail.ts'
import { err, ok } from '../../../src/std/result.ts'
import type { Result } from '../../../src/std/result.ts'
import { recordingLogger } from '../../support/log.ts'
import { startMailServer } from '../../support/mailserver.ts'
import type { MailServer } from '../../support/mailserver.ts'

let server: MailServer

beforeAll(async () => {
  server = await startMailServer('localhost')
})

afterAll(async () => {
  await server.stop()
})

async function sent(to: readonly string[], files: (setting: string) => Result<string, string> = fileOf) {
  const log = recordingLogger()
  const world: ChannelWorld = {
    http: { send: () => Promise.reject(new Error('not asked here')) },
    addressOf: () => Promise.resolve(ok('127.0.0.1')),
    read: (setting) => Promise.resolve(files(setting)),
    log,
  }
  const config: MailConfig = {
    host: 'localhost',
    port: server.port,
    security: 'starttls',
    from: 'perennial@example.com',
    to: [...to],
    username: server.user.name,
    passwordFile: 'password',
    caFile: 'ca.crt',
  }
  const message = { subject: 'Perennial: shop/web: Expired, critical', lines: ['It expired.'], notices: [] }
  const before = server.letters.length
  const complaint = await mail('post', config, world).deliver(message, new AbortController().signal)
  return { complaint, log, letters: server.letters.slice(before) }
}

const fileOf = (setting: string) => ok(setting === 'caFile' ? server.ca : server.user.password)

describe('a letter', () => {
  it('is taken', async () => {
    const { complaint, log, letters } = await sent(['ops@example.com'])
    expect(complaint).toBeUndefined()
    expect(letters).toHaveLength(1)
    expect(log.lines).toEqual([])
  })

  it.each(['caFile', 'passwordFile'])('is not sent without its %s, and that is told', async (missing) => {
    const { complaint, letters } = await sent(['ops@example.com'], (setting) =>
      setting === missing ? err(`${setting} is away`) : fileOf(setting),
    )
    expect(complaint).toBe(`${missing} is away`)
    expect(letters).toEqual([])
  })

  it('that is refused for one of several is not sent again to the others, and the log says who gets nothing', async () => {
    const { complaint, log, letters } = await sent(['ops@example.com', 'nobody@example.com'])
    expect(complaint).toBeUndefined()
    expect(letters).toHaveLength(1)
    expect(JSON.stringify(log.lines)).toMatch(/refuses nobody@example\.com, so nothing comes there; correct/)
  })

  it('that is refused for everybody is not taken', async () => {
    const { complaint, letters } = await sent(['nobody@example.com'])
    expect(complaint).toMatch(/^localhost:\d+ did not take the letter: it answered with code 550$/)
    expect(letters).toEqual([])
  })
})
