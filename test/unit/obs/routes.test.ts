import { describe, expect, it } from '@jest/globals'
import { observabilityRoutes } from '../../../src/obs/routes.ts'
import { recordingLogger } from '../../support/log.ts'

function setUp() {
  const log = recordingLogger()
  let trouble: string | undefined
  let renders = 0
  let render = () => Promise.resolve({ contentType: 'text/plain', body: Buffer.from(`scrape ${++renders}`) })
  const route = observabilityRoutes({
    metrics: { render: () => render() },
    healthy: [{ name: 'loop', trouble: () => undefined }],
    ready: [
      { name: 'caches', trouble: () => trouble },
      { name: 'server', trouble: () => undefined },
    ],
    log,
  })
  return {
    log,
    route,
    setTrouble: (text?: string) => (trouble = text),
    setRender: (other: typeof render) => (render = other),
  }
}

describe('observabilityRoutes', () => {
  it('is ready when every check is', async () => {
    const { route } = setUp()
    expect(await route({ path: '/readyz' })).toMatchObject({ status: 200, body: '[+] caches ok\n[+] server ok\nok\n' })
  })

  it('names what is missing, and stays healthy meanwhile', async () => {
    const { route, setTrouble } = setUp()
    setTrouble('certificates are not listed yet')
    expect(await route({ path: '/readyz' })).toMatchObject({
      status: 503,
      body: '[-] caches: certificates are not listed yet\n[+] server ok\nnot ok\n',
    })
    expect(await route({ path: '/healthz' })).toMatchObject({ status: 200 })
  })

  it('collects once for those who ask at the same time, and anew for those who come later', async () => {
    const { route } = setUp()
    const pages = await Promise.all([route({ path: '/metrics' }), route({ path: '/metrics' })])
    expect(pages.map(({ body }) => String(body))).toEqual(['scrape 1', 'scrape 1'])
    expect(await route({ path: '/metrics' })).toMatchObject({ status: 200, body: Buffer.from('scrape 2') })
  })

  it('answers 500 when metrics cannot be collected, and recovers', async () => {
    const { log, route, setRender } = setUp()
    setRender(() => Promise.reject(new Error('bug')))
    expect(await route({ path: '/metrics' })).toMatchObject({ status: 500 })
    expect(log.lines).toHaveLength(1)
    setRender(() => Promise.resolve({ contentType: 'text/plain', body: Buffer.from('x') }))
    expect(await route({ path: '/metrics' })).toMatchObject({ status: 200 })
  })

  it.each(['/', '/metrics/', '/healthz/../metrics', '/constructor'])('knows no %s', async (path) => {
    expect(await setUp().route({ path })).toMatchObject({ status: 404 })
  })
})
