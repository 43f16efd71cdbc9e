/** Chapter of the contract of providers of DNS: services that throttle, break, stall or lie. */
import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { Break, Reply, SeenCall, World } from '../../support/dns-providers/service.ts'
import {
  expectNoSecrets,
  expectSentence,
  faultOf,
  first,
  name,
  sceneOf,
  second,
  through,
  txt,
  untilDone,
} from './harness.ts'
import type { ProviderHarness } from './harness.ts'

const rude: Readonly<Record<string, Reply | Break>> = {
  'answers 500': { status: 500, body: 'boom' },
  'answers 503 with HTML': { status: 503, body: '<html>' },
  'answers a captive portal page': {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html>Sign in</html>',
  },
  'answers nothing': { status: 200, body: '' },
  'answers an empty list': { status: 200, body: '[]' },
  'answers null': { status: 200, body: 'null' },
  'answers half of something': { status: 200, body: '{"result": [{"id": "a", "na' },
  'answers 2 MiB': { status: 200, body: `{"a":"${'x'.repeat(2 ** 21)}"}` },
  'breaks the connection': 'before',
  'redirects to another host': { status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' },
}

const words = 'root:hunter2 of the intranet'
/** What other servers answer than the one that is meant. */
const strangers: Readonly<Record<string, Reply>> = {
  'a page': { status: 403, headers: { 'content-type': 'text/html' }, body: `<html><title>${words}</title></html>` },
  'a text': { status: 500, headers: { 'content-type': 'text/plain' }, body: words },
  'a text that looks fine': { status: 200, headers: { 'content-type': 'text/plain' }, body: words },
  'JSON of its own': {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: words, reason: words, title: words, errors: [words] }),
  },
}

export function troubleChapter<S, W extends World>(harness: ProviderHarness<S, W>): void {
  it.each(Object.entries(strangers))('repeats nothing of %s from a server that is another', async (_what, trouble) => {
    const scene = await sceneOf(harness)
    scene.service.breakWith(() => trouble)
    const change = await scene.provider().present(txt(), scene.ctx())
    // What is for the log alone is called evidence.
    const shown = JSON.stringify(change, (member, value: unknown) => (member === 'evidence' ? '' : value))
    expect(shown).not.toMatch(/hunter2|intranet/)
  })

  it('waits as long as a service that throttles asks for', async () => {
    const scene = await sceneOf(harness)
    const { throttle } = harness
    scene.service.breakWith(() => ({ ...throttle, headers: { ...throttle.headers, 'retry-after': '70' } }))
    const before = systemClock.now()
    const change = await scene.provider().present(txt(), scene.ctx())
    expect(change).toMatchObject({ kind: 'deferred', fault: { code: 'RateLimited' } })
    expectSentence(faultOf(change))
    if (harness.impatient !== true) {
      const wait = change.kind === 'deferred' ? (change.wakeAt ?? 0) - before : 0
      expect(wait).toBeGreaterThanOrEqual(69_000)
      expect(wait).toBeLessThan(130_000)
    }
    scene.service.heal()
    expect(await through(() => scene.provider().present(txt(), scene.ctx()))).toEqual({ kind: 'done' })
  })

  it.each(Object.entries(rude))('tells in a sentence that the service %s', async (what, trouble) => {
    const scene = await sceneOf(harness)
    scene.service.breakWith(() => trouble)
    for (const change of [
      await scene.provider().present(txt(), scene.ctx()),
      ...(harness.removal === 'none' ? [] : [await scene.provider().remove(txt(), scene.ctx())]),
    ]) {
      if (change.kind === 'done' && harness.trusting?.includes(what)) continue
      expect(change.kind).toBe('deferred')
      expectSentence(faultOf(change))
      expectNoSecrets(scene, change)
    }
    scene.service.heal()
    expect(await through(() => scene.provider().present(txt(), scene.ctx()))).toEqual({ kind: 'done' })
  })

  it('survives every call being cut off, before it counts and after', async () => {
    for (const cut of ['before', 'after'] as const) {
      for (let nth = 0; nth < 8; nth++) {
        const scene = await sceneOf(harness)
        let count = 0
        scene.service.breakWith(() => (count++ === nth ? cut : undefined))
        await untilDone(() => scene.provider().present(txt(), scene.ctx()))
        expect(scene.world.values(name)).toEqual([first])
        await untilDone(() => scene.provider().remove(txt(), scene.ctx()))
        if (harness.removal !== 'none') expect(scene.world.values(name)).toEqual([])
      }
    }
  })

  it('asks nobody once its signal is aborted', async () => {
    const scene = await sceneOf(harness)
    const ended = await scene
      .provider()
      .present(txt(), scene.ctx(AbortSignal.abort()))
      .then(({ kind }) => kind)
      .catch(() => 'threw')
    expect(['deferred', 'threw']).toContain(ended)
    expect(scene.service.calls).toEqual([])
  })

  it('never throws and never repeats a secret, whatever the service answers', async () => {
    const scene = await sceneOf(harness)
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('', ...scene.world.secrets, JSON.stringify(scene.world.secrets)),
    )
    const status = fc.constantFrom(200, 201, 204, 400, 401, 403, 404, 409, 412, 422, 429, 500)
    await fc.assert(
      fc.asyncProperty(status, body, async (code, text) => {
        const echo = (sent: string): string => (code >= 400 ? `${text} ${sent}` : text)
        scene.service.breakWith((call) => ({
          status: code,
          body: code === 204 ? '' : echo(JSON.stringify({ message: JSON.stringify(call.headers) + call.body })),
        }))
        const change = await scene.provider().present(txt(), scene.ctx())
        if (change.kind === 'deferred' || change.kind === 'failed') expectSentence(change.fault)
        expectNoSecrets(scene, change)
      }),
      { numRuns: 60 },
    )
  })

  it.each([400, 401, 403, 404, 409, 422, 500])(
    'never repeats a secret that a refusal repeats: HTTP %d',
    async (status) => {
      for (const action of ['present', 'remove'] as const) {
        const scene = await sceneOf(harness)
        const provider = scene.provider()
        await through(() => provider.present(txt(second), scene.ctx()))
        scene.service.breakWith((call) =>
          harness.refusal(status, echoOf(call, scene.world.seenSecrets ?? scene.world.secrets)),
        )
        expectNoSecrets(scene, await provider[action](txt(action === 'present' ? first : second), scene.ctx()))
      }
    },
  )
}

const echoOf = (call: SeenCall, secrets: readonly string[]): string =>
  `${secrets.join(' ')} ${call.headers['authorization'] ?? ''} ${call.body} ${secrets.map(encodeURIComponent).join(' ')}`
