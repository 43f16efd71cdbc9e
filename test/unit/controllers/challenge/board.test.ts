import { describe, expect, it } from '@jest/globals'
import { ChallengeBoards } from '../../../../src/controllers/challenge/board.ts'
import { httpLook } from '../../../../src/controllers/challenge/httplook.ts'
import type { RouteState } from '../../../../src/controllers/challenge/routes.ts'
import type { ChallengeAnswer, ChallengeBoard } from '../../../../src/enroll/challenge.ts'
import type { HttpClient } from '../../../../src/net/http.ts'
import { plus, seconds } from '../../../../src/std/time.ts'
import { FakeClock } from '../../../support/clock.ts'
import { certificateProving } from '../../../support/proving.ts'

type Reply = Awaited<ReturnType<HttpClient['send']>>

const page = (status: number, body: string): Reply => ({
  ok: true,
  value: { status, headers: new Map(), all: new Map(), body: Buffer.from(body) },
})
const failure = (kind: 'unreachable' | 'forbiddenAddress'): Reply => ({
  ok: false,
  error: { kind, message: 'no route to it' },
})

const challenge: ChallengeAnswer = { type: 'http-01', identifier: 'a.example', token: 'token', value: 'token.print' }

function boardSeeing(reply: Reply): { board: ChallengeBoard; clock: FakeClock; urls: string[] } {
  const clock = new FakeClock()
  const urls: string[] = []
  const checker: HttpClient = {
    send: ({ url }) => {
      urls.push(url)
      return Promise.resolve(reply)
    },
  }
  const looks = { 'http-01': httpLook(checker) }
  const boards = new ChallengeBoards({ clock, looks, ensure: () => Promise.resolve({ kind: 'ready' }) })
  return { board: boards.boardFor(undefined, new AbortController().signal), clock, urls }
}

describe('the board of HTTP-01 challenges', () => {
  it('offers HTTP-01 for names and addresses, and nothing for wildcards', () => {
    const { board } = boardSeeing(page(200, ''))
    expect(board.typesFor({ kind: 'dns', value: 'a.example', wildcard: false })).toEqual(['http-01'])
    expect(board.typesFor({ kind: 'ip', value: '192.0.2.1', wildcard: false })).toEqual(['http-01'])
    expect(board.typesFor({ kind: 'dns', value: 'a.example', wildcard: true })).toEqual([])
  })

  it.each([
    { what: 'the answer is seen', reply: page(200, 'token.print\n') },
    { what: 'a redirect is seen, which CAs follow', reply: page(301, '') },
  ])('is ready when $what', async ({ reply }) => {
    const { board, urls } = boardSeeing(reply)
    expect(await board.present(challenge, 'look')).toEqual({ kind: 'ready' })
    expect(urls).toEqual(['http://a.example/.well-known/acme-challenge/token'])
  })

  it('is ready where we may not look ourselves, and says so', async () => {
    const { board } = boardSeeing(failure('forbiddenAddress'))
    expect(await board.present(challenge, 'look')).toEqual({ kind: 'ready', unseen: 'no route to it' })
  })

  it.each([
    { reply: page(404, ''), says: 'it answers 404' },
    { reply: page(200, 'parked'), says: 'it answers something else' },
    { reply: failure('unreachable'), says: 'no route to it' },
  ])('waits while $says, but not for ever', async ({ reply, says }) => {
    const { board, clock } = boardSeeing(reply)
    expect(await board.present(challenge, 'look')).toEqual({
      kind: 'waiting',
      wakeAt: plus(clock.now(), seconds(2)),
      note: `a.example does not serve the http-01 challenge yet: ${says}`,
    })
    clock.advance(seconds(20))
    expect(await board.present(challenge, 'look')).toEqual({ kind: 'ready', unseen: says })
  })

  it('asks nobody when told to trust, and puts IPv6 addresses into brackets', async () => {
    const { board, urls } = boardSeeing(page(404, ''))
    expect(await board.present(challenge, 'trust')).toEqual({ kind: 'ready' })
    expect(urls).toEqual([])
    await board.present({ ...challenge, identifier: '2001:db8::1' }, 'look')
    expect(urls).toEqual(['http://[2001:db8::1]/.well-known/acme-challenge/token'])
  })

  it('starts its patience anew for a challenge that was removed', async () => {
    const { board, clock } = boardSeeing(page(404, ''))
    await board.present(challenge, 'look')
    await board.remove(challenge)
    clock.advance(seconds(20))
    expect((await board.present(challenge, 'look')).kind).toBe('waiting')
  })
})

describe('a board that is not to look', () => {
  it('says so with every answer', async () => {
    const parts = { clock: new FakeClock(), looks: { 'http-01': undefined } }
    const boards = new ChallengeBoards({ ...parts, ensure: () => Promise.resolve({ kind: 'ready' }) })
    expect(await boards.boardFor(undefined, new AbortController().signal).present(challenge, 'look')).toEqual({
      kind: 'ready',
      unseen: 'nothing is looked at, for --http01-self-check is false',
    })
  })
})

describe('the route to a challenge', () => {
  const certificate = certificateProving({ names: ['a.example', 'b.example'], solvers: [] })
  const { signal } = new AbortController()
  const trouble = { code: 'RequestRejected', message: 'no such class' } as const

  function boards(...states: readonly RouteState[]): { make: () => ChallengeBoard; clock: FakeClock; asked: string[] } {
    const clock = new FakeClock()
    const asked: string[] = []
    const left = [...states]
    const all = new ChallengeBoards({
      clock,
      looks: { 'http-01': undefined, 'tls-alpn-01': undefined },
      ensure: ({ metadata }) => {
        asked.push(metadata.name)
        return Promise.resolve(left.shift() ?? { kind: 'ready' })
      },
    })
    return { make: () => all.boardFor(certificate, signal), clock, asked }
  }

  it('is put up once for all answers of a Certificate, and left in peace for a while', async () => {
    const { make, clock, asked } = boards()
    const board = make()
    await Promise.all(['x', 'y'].map((token) => board.present({ ...challenge, token }, 'trust')))
    await make().present({ ...challenge, token: 'x' }, 'trust')
    expect(asked).toEqual(['shop'])
    clock.advance(seconds(15))
    await make().present({ ...challenge, token: 'x' }, 'trust')
    expect(asked).toHaveLength(2)
  })

  it('is not needed for a handshake', async () => {
    const { make, asked } = boards({ kind: 'failed', fault: trouble })
    expect(make().typesFor({ kind: 'dns', value: 'a.example', wildcard: false })).toEqual(['http-01', 'tls-alpn-01'])
    expect(await make().present({ ...challenge, type: 'tls-alpn-01' }, 'trust')).toEqual({ kind: 'ready' })
    expect(asked).toEqual([])
  })

  it('that cannot be put up ends the order, and one that has to wait waits for two minutes at most', async () => {
    const waiting = { kind: 'waiting', note: 'no endpoints' } as const
    const { make, clock } = boards({ kind: 'failed', fault: trouble }, waiting, waiting)
    expect(await make().present(challenge, 'trust')).toEqual({ kind: 'failed', fault: trouble })
    expect(await make().present(challenge, 'trust')).toMatchObject({ kind: 'waiting', note: 'no endpoints' })
    clock.advance(seconds(120))
    expect(await make().present(challenge, 'trust')).toMatchObject({
      kind: 'failed',
      fault: { message: 'no endpoints' },
    })
  })
})
