import { describe, expect, it } from '@jest/globals'
import { challengeRoutes } from '../../../../src/controllers/challenge/responder.ts'

const asked: string[] = []
const answer = challengeRoutes({
  find: (token) => {
    asked.push(token)
    return token === 'known_-1' ? 'known_-1.thumbprint' : undefined
  },
})

describe('the HTTP-01 responder', () => {
  it('answers a challenge that is known', () => {
    const page = answer({ path: '/.well-known/acme-challenge/known_-1' })
    expect(page).toEqual({ status: 200, contentType: 'application/octet-stream', body: 'known_-1.thumbprint' })
  })

  it.each(['/', '/.well-known/acme-challenge/', '/.well-known/acme-challenge/unknown', '/known_-1'])(
    'has nothing at %s',
    (path) => {
      expect(answer({ path }).status).toBe(404)
    },
  )

  it.each(['known_-1/', 'a%2Fb', '../known_-1', 'known_-1?x', 'a'.repeat(257), 'é'])(
    'does not even look for %s, which cannot be a token',
    (token) => {
      asked.length = 0
      expect(answer({ path: `/.well-known/acme-challenge/${token}` }).status).toBe(404)
      expect(asked).toEqual([])
    },
  )
})
