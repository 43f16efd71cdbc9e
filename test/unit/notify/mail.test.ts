import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChannelWorld } from '../../../src/notify/channel.ts'
import type { MailConfig } from '../../../src/notify/config.ts'
import { mail } from '../../../src/notify/mail.ts'
import { ok } from '../../../src/std/result.ts'
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

async function sent(to: readonly string[]) {
  const log = recordingLogger()
  const world: ChannelWorld = {
    http: { send: () => Promise.reject(new Error('not asked here')) },
    addressOf: () => Promise.resolve(ok('127.0.0.1')),
    read: (path) => Promise.resolve(path === 'ca.crt' ? server.ca : server.user.password),
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

describe('a letter', () => {
  it('is taken', async () => {
    const { complaint, log, letters } = await sent(['ops@example.com'])
    expect(complaint).toBeUndefined()
    expect(letters).toHaveLength(1)
    expect(log.lines).toEqual([])
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
