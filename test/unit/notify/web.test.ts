import { describe, expect, it } from '@jest/globals'
import type { ChannelWorld } from '../../../src/notify/channel.ts'
import { chat, webhook } from '../../../src/notify/web.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { err, ok } from '../../../src/std/result.ts'

const message = {
  subject: 'Perennial: shop/web: Failing, warning',
  lines: ['<b>down</b>'],
  notices: [{ status: 'firing' }],
}
const said = 'Bearer hush-hush'

interface Answer {
  readonly status?: number
  readonly body?: string
  readonly failure?: string
}

function telling({ status = 200, body = '', failure }: Answer, files: Readonly<Record<string, string>> = {}) {
  const sent: Parameters<HttpClient['send']>[0][] = []
  const world: ChannelWorld = {
    http: {
      send: (request) => {
        sent.push(request)
        if (failure !== undefined) return Promise.resolve(err({ kind: 'unreachable', message: failure }))
        const headers = new Map<string, string>()
        return Promise.resolve(ok({ status, headers, all: new Map<string, string[]>(), body: Buffer.from(body) }))
      },
    },
    addressOf: () => Promise.resolve(err('not asked here')),
    read: (setting, path) => Promise.resolve(path in files ? ok(files[path] ?? '') : err(`${setting} is away`)),
    log: silentLogger,
  }
  return { world, sent }
}

const place = { url: 'https://desk.example.com/hook' }
const { signal } = new AbortController()

describe('a message over HTTP', () => {
  it.each([
    ['takes it', { status: 204 }, undefined],
    ['takes it, and says so as Slack does', { status: 200, body: 'ok' }, undefined],
    ['is down', { failure: 'desk.example.com refused the connection' }, /^desk\.example\.com refused the connection$/],
    ['says no', { status: 403, body: said }, /^desk\.example\.com answered with status 403$/],
    [
      'sends it elsewhere',
      { status: 302 },
      /^desk\.example\.com sends elsewhere \(status 302\).* must be the final one$/,
    ],
    [
      'says yes with a sign-in',
      { body: ` <!DOCTYPE html><p>${said}` },
      /answered with a web page.* a sign-in in front of it\?$/,
    ],
    ['takes it, and says so in JSON', { body: '{"ok":true}' }, undefined],
    [
      'says no with the status of a yes',
      { body: `{"ok":false,"error":"${said}"}` },
      /has not taken the message .* is the address that of an incoming webhook\?$/,
    ],
    ['says no in other words', { body: '{"success":false}' }, /has not taken the message/],
    ['says yes with a parked domain', { body: '<html lang="en">' }, /answered with a web page/],
  ])('is told of as it was by an endpoint that %s', async (_what, answer, sentence) => {
    const { world } = telling(answer)
    const complaint = await webhook('desk', place, world).deliver(message, signal)
    if (sentence === undefined) expect(complaint).toBeUndefined()
    else expect(complaint).toMatch(sentence)
    expect(complaint ?? '').not.toContain(said)
  })

  it('says which file holds no address', async () => {
    const { world, sent } = telling({}, { 'chat-url': 'not yet' })
    expect(await chat('chat', { urlFile: 'chat-url' }, world).deliver(message, signal)).toBe(
      'chat-url holds no URL of http or https',
    )
    expect(sent).toEqual([])
  })

  it.each([
    ['urlFile', { urlFile: 'none' }],
    ['authorizationFile', { ...place, authorizationFile: 'none' }],
  ])('is not sent without its %s, and that is told', async (setting, wanted) => {
    const { world, sent } = telling({})
    expect(await webhook('desk', wanted, world).deliver(message, signal)).toBe(`${setting} is away`)
    expect(sent).toEqual([])
  })

  it('has a deadline and a limit, credentials from their file, and no mark-up of strangers in a chat', async () => {
    const { world, sent } = telling({}, { authorization: said })
    await chat('chat', { ...place, authorizationFile: 'authorization' }, world).deliver(message, signal)
    expect(sent[0]).toMatchObject({ timeout: 15_000, maxBytes: 65_536, headers: { authorization: said } })
    expect(sent[0]?.body).toBe(JSON.stringify({ text: `*${message.subject}*\n&lt;b&gt;down&lt;/b&gt;` }))
  })
})
