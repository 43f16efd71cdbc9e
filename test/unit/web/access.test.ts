import { describe, expect, it } from '@jest/globals'
import { KubeError } from '../../../src/kube/errors.ts'
import type { ApiRequest } from '../../../src/kube/transport.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { seconds } from '../../../src/std/time.ts'
import { Access } from '../../../src/web/access.ts'
import { FakeClock } from '../../support/clock.ts'
import { unwrap } from '../../support/unwrap.ts'

interface Body {
  readonly kind: string
  readonly spec: {
    readonly token?: string
    readonly user?: string
    readonly groups?: readonly string[]
    readonly resourceAttributes?: { readonly namespace?: string; readonly resource: string; readonly group: string }
  }
}

/** An API server that knows one token, and who may list where. */
class Reviewer {
  readonly asked: Body[] = []
  readonly clock = new FakeClock()
  readonly access: Access
  allowed: ReadonlySet<string> = new Set()
  fault: KubeError | undefined

  constructor() {
    const hash = (text: string): string => sha256Hex(Buffer.from(text))
    const request = <T>({ body }: ApiRequest): Promise<T> => this.#answer(body as Body) as Promise<T>
    this.access = new Access({ transport: { request }, clock: this.clock, hash })
  }

  count(kind: string): number {
    return this.asked.filter((body) => body.kind === kind).length
  }

  #answer(body: Body): Promise<unknown> {
    this.asked.push(body)
    if (this.fault !== undefined) return Promise.reject(this.fault)
    const { token, resourceAttributes } = body.spec
    if (body.kind === 'TokenReview')
      return Promise.resolve({
        status: token === 'good' ? { authenticated: true, user: { username: 'ada', groups: ['dev'] } } : {},
      })
    const place = `${resourceAttributes?.resource} ${resourceAttributes?.namespace ?? '*'}`
    return Promise.resolve({ status: { allowed: this.allowed.has(place) } })
  }
}

const person = async (reviewer: Reviewer) => unwrap(await reviewer.access.identify('Bearer good'))

describe('who asks', () => {
  it('is whom the API server says the token belongs to', async () => {
    expect(await person(new Reviewer())).toEqual({ username: 'ada', uid: '', groups: ['dev'], extra: {} })
  })

  it.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer bad', 'Bearer good more', `Bearer ${'x'.repeat(12_001)}`])(
    'is nobody with %j',
    async (header) => {
      expect(await new Reviewer().access.identify(header)).toEqual({ ok: false, error: 'unknown' })
    },
  )

  it('is asked once in half a minute, for good tokens and for bad ones', async () => {
    const reviewer = new Reviewer()
    for (const token of ['good', 'good', 'bad', 'bad']) await reviewer.access.identify(`Bearer ${token}`)
    expect(reviewer.count('TokenReview')).toBe(2)
    reviewer.clock.advance(seconds(30))
    await person(reviewer)
    expect(reviewer.count('TokenReview')).toBe(3)
  })

  it('is not remembered when the API server could not be asked', async () => {
    const reviewer = new Reviewer()
    reviewer.fault = new KubeError('unreachable', 'no answer')
    expect(await reviewer.access.identify('Bearer good')).toEqual({ ok: false, error: 'unavailable' })
    reviewer.fault = undefined
    expect((await person(reviewer)).username).toBe('ada')
  })

  it('does not keep the API server busy with tokens of strangers', async () => {
    const reviewer = new Reviewer()
    const many = Array.from({ length: 100 }, (_, index) => reviewer.access.identify(`Bearer bad${index}`))
    const verdicts = await Promise.all(many)
    expect(reviewer.count('TokenReview')).toBe(32)
    expect(verdicts.filter((verdict) => !verdict.ok && verdict.error === 'unavailable')).toHaveLength(68)
  })
})

describe('what a person may see', () => {
  it('is asked for each namespace, as that person', async () => {
    const reviewer = new Reviewer()
    reviewer.allowed = new Set(['certificates shop'])
    const seen = await reviewer.access.allowed(await person(reviewer), 'certificates', ['shop', 'bank', 'shop'])
    expect([...seen]).toEqual(['shop'])
    expect(reviewer.asked.at(-1)?.spec).toMatchObject({
      user: 'ada',
      groups: ['dev'],
      resourceAttributes: { group: 'perennial.dev', resource: 'certificates', verb: 'list', namespace: 'bank' },
    })
  })

  it('is everything for those who may list in the whole cluster, with one question', async () => {
    const reviewer = new Reviewer()
    reviewer.allowed = new Set(['certificates *'])
    const namespaces = Array.from({ length: 500 }, (_, index) => `team-${index}`)
    expect((await reviewer.access.allowed(await person(reviewer), 'certificates', namespaces)).size).toBe(500)
    expect(reviewer.count('SubjectAccessReview')).toBe(1)
  })

  it('is forgotten after half a minute, so that a right that was taken away is gone', async () => {
    const reviewer = new Reviewer()
    const user = await person(reviewer)
    reviewer.allowed = new Set(['certificates shop'])
    expect((await reviewer.access.allowed(user, 'certificates', ['shop'])).size).toBe(1)
    reviewer.allowed = new Set()
    expect((await reviewer.access.allowed(user, 'certificates', ['shop'])).size).toBe(1)
    reviewer.clock.advance(seconds(30))
    expect((await reviewer.access.allowed(user, 'certificates', ['shop'])).size).toBe(0)
  })

  it('is not guessed when the API server cannot be asked', async () => {
    const reviewer = new Reviewer()
    const user = await person(reviewer)
    reviewer.fault = new KubeError('forbidden', 'may not create subjectaccessreviews')
    await expect(reviewer.access.allowed(user, 'certificates', ['shop'])).rejects.toThrow('subjectaccessreviews')
  })
})
