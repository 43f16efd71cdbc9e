/** The page of the inventory in a real Chromium: what people see, hear and press. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { buildPage } from '../../scripts/webpage.ts'
import type { RunningServer } from '../../src/net/listen.ts'
import { startServer } from '../../src/net/server.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { webRoutes } from '../../src/web/routes.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { facts, item, named } from '../support/inventoryitems.ts'
import { sampleInventory } from '../support/inventorysamples.ts'
import { siteParts } from '../support/inventorysite.ts'
import { unwrap } from '../support/unwrap.ts'

const timeout = 60_000
const described = noBrowser === undefined ? describe : describe.skip
const because = noBrowser === undefined ? '' : ` (left out: ${noBrowser})`

let browser: Browser
let server: RunningServer
let root: string
const contexts: BrowserContext[] = []

const hostile = '<img src=x onerror=alert(1)>'

beforeAll(async () => {
  if (noBrowser !== undefined) return
  const items = [
    ...sampleInventory.items,
    item({ name: 'hostile', facts: facts({ subject: named(hostile), names: [{ type: 'dns', value: hostile }] }) }),
  ]
  const answer = webRoutes(siteParts({ ...sampleInventory, items, page: (await buildPage()).files }))
  const options = { name: 'web', address: '127.0.0.1:0', answer, clock: systemClock, log: silentLogger }
  server = unwrap(await startServer(options))
  root = `http://127.0.0.1:${server.port}`
  browser = await openBrowser()
}, timeout)

afterAll(async () => {
  for (const context of contexts) await context.close()
  await browser?.close()
  await server?.close()
}, timeout)

interface Visit {
  readonly page: Page
  /** Addresses of everything that was asked for. */
  readonly asked: readonly string[]
  /** What the browser complained of, refused tokens aside. */
  readonly complaints: readonly string[]
}

/** Opens an address as the bearer of a token; without one, as somebody who must sign in. */
async function visit(path: string, token = 'everywhere', colorScheme: 'light' | 'dark' = 'light'): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 } })
  contexts.push(context)
  const page = await context.newPage()
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
  })
  if (token !== '') await context.addInitScript(`sessionStorage.setItem('perennial-token', ${JSON.stringify(token)})`)
  await page.goto(`${root}${path}`)
  return { page, asked, complaints }
}

/** What axe-core finds wrong for people with a screen reader, a keyboard, or weak eyes. */
async function barriers(page: Page): Promise<readonly string[]> {
  const script = `${axe.source}; axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' '))))`
  const found: unknown = await page.evaluate(script)
  return JSON.parse(String(found)) as readonly string[]
}

const rowNames = (page: Page): Promise<readonly string[]> => page.locator('tbody th a').allTextContents()
const found = (page: Page, count: number): Promise<void> =>
  page.getByText(`${count} certificate${count === 1 ? '' : 's'} found`).waitFor()

described(`the page of the inventory${because}`, () => {
  it(
    'asks for a token, says when it is wrong, and forgets it when told to',
    async () => {
      const { page } = await visit('/', '')
      await page.getByLabel('Token').fill('stranger')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('does not know this token').waitFor()
      await page.getByLabel('Token').fill('everywhere')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      await page.reload()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      expect(await page.context().cookies()).toEqual([])
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Token').waitFor()
      await page.reload()
      await page.getByLabel('Token').waitFor()
    },
    timeout,
  )

  it.each(['/', '/certificates', '/certificates/Certificate/bank/payments', '/issuers', '/policies'])(
    'has no barriers at %s, in the light and in the dark',
    async (path) => {
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await visit(path, 'everywhere', scheme)
        await page.locator('section, table').first().waitFor()
        expect(await barriers(page)).toEqual([])
        expect(complaints).toEqual([])
      }
    },
    timeout,
  )

  it(
    'loads nothing from elsewhere, and runs nothing that strangers wrote into certificates',
    async () => {
      const { page, asked, complaints } = await visit('/certificates?q=hostile')
      await found(page, 1)
      expect(await page.locator('tbody').textContent()).toContain(hostile)
      await page.getByRole('link', { name: 'hostile' }).click()
      await page.getByRole('heading', { name: 'Time line' }).waitFor()
      expect(asked.filter((address) => !address.startsWith(root))).toEqual([])
      expect(complaints).toEqual([])
      expect(await page.locator('img[src=x]').count()).toBe(0)
    },
    timeout,
  )

  it(
    'keeps filters, search and order in the address, which can be sent to somebody and walked back from',
    async () => {
      const { page } = await visit('/certificates?state=found&sort=name')
      await found(page, 5)
      expect(await rowNames(page)).toEqual(['cdn', 'corporate-roots', 'legacy-vpn', 'old-front', 'registry'])
      await page.getByRole('combobox', { name: 'Finding', exact: true }).selectOption({ label: 'Weak key (1)' })
      await found(page, 1)
      expect(new URL(page.url()).search).toBe('?state=found&sort=name&finding=weakKey')
      await page.getByRole('button', { name: 'Take back State not managed' }).click()
      await page.getByLabel('Search').fill('vpn')
      await found(page, 1)
      await page.getByRole('link', { name: 'legacy-vpn' }).click()
      await page.getByText('Its RSA key has less than 2048 bits.').waitFor()
      await page.goBack()
      await found(page, 1)
      expect(await page.getByLabel('Search').inputValue()).toBe('vpn')
    },
    timeout,
  )

  it(
    'is sorted and paged by keys alone',
    async () => {
      const { page } = await visit('/certificates')
      await found(page, 93)
      const first = (name: string): Promise<void> =>
        page.locator('tbody tr:first-child th a').getByText(name, { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Certificate', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.locator('th[aria-sort=ascending]', { hasText: 'Certificate' }).waitFor()
      await first('admin')
      await page.keyboard.press('Enter')
      await page.locator('th[aria-sort=descending]', { hasText: 'Certificate' }).waitFor()
      await first('web-8')
      await page.getByRole('button', { name: 'Next' }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('51 to 93 of 93').waitFor()
      expect(new URL(page.url()).searchParams.get('page')).toBe('2')
    },
    timeout,
  )

  it(
    'moves the focus to the heading of a new view, and lets the head be skipped',
    async () => {
      const { page } = await visit('/')
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      await page.getByRole('link', { name: 'Issuers', exact: true }).press('Enter')
      await page.locator('h1:focus').getByText('Issuers').waitFor()
      expect(await page.title()).toBe('Issuers · Perennial')
      await page.reload()
      await page.getByRole('table').waitFor()
      await page.locator('a.skip').focus()
      expect(await page.locator('a.skip').isVisible()).toBe(true)
    },
    timeout,
  )

  it(
    'leads from a bar of the picture to the certificates that it counts',
    async () => {
      const { page } = await visit('/')
      await page.getByRole('link', { name: /In 30 to 60 days: \d+ certificates managed/ }).press('Enter')
      await page.getByRole('button', { name: 'Take back Ends within days 60' }).waitFor()
      expect(new URL(page.url()).search).toBe('?ends-after=30&ends-within=60')
    },
    timeout,
  )

  it.each([
    ['CSV', 'certificates-2026-11-24.csv', /^namespace,name,kind,/],
    ['JSON', 'certificates-2026-11-24.json', /^\[\s*\{\s*"id": "/],
  ])(
    'saves what was found as %s, with the token that a link could not carry',
    async (format, name, beginning) => {
      const { page } = await visit('/certificates?state=found')
      await found(page, 5)
      const saving = page.waitForEvent('download')
      await page.getByRole('button', { name: `Save as ${format}` }).click()
      const download = await saving
      expect(download.suggestedFilename()).toBe(name)
      expect(readFileSync(await download.path(), 'utf8')).toMatch(beginning)
    },
    timeout,
  )

  it(
    'tells of one certificate what is wrong, what happened, its chain, who uses it and what to do',
    async () => {
      const { page } = await visit('/certificates/Certificate/bank/payments')
      await page.getByText('kubectl perennial renew payments --namespace bank').waitFor()
      const text = (await page.locator('main').textContent()) ?? ''
      for (const part of [
        'The last attempt to get or renew it failed.',
        'badCertTemplate',
        'at least ECDSA 384 is allowed',
        'CN=Example CA',
        'payments-public',
        'payments-7d9f8-x2x4p',
        'Next attempt',
        'Valid from (number 1)',
        'Renewal was due',
      ])
        expect(text).toContain(part)
    },
    timeout,
  )

  it(
    'shows of each policy whether it needs a change, and which',
    async () => {
      const { page } = await visit('/policies')
      const row = page.getByRole('row', { name: 'names-of-media' })
      await row.getByText('needs a change').waitFor()
      expect(await row.textContent()).toContain('drop one of the two.')
      expect(await page.getByRole('row', { name: 'staging' }).textContent()).toContain('selects nothing')
    },
    timeout,
  )

  it(
    'leads back from where there is nothing',
    async () => {
      const { page } = await visit('/nowhere')
      await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
      await page.locator('main').getByRole('link', { name: 'overview' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/')
    },
    timeout,
  )

  it(
    'shows a person their namespaces alone',
    async () => {
      const { page } = await visit('/certificates', 'shop-only')
      await page.getByText(/certificates found/).waitFor()
      const places = await page.locator('.place').allTextContents()
      expect(places.length).toBeGreaterThan(5)
      expect(places.filter((place) => !place.startsWith('shop'))).toEqual([])
      await page.goto(`${root}/certificates/Certificate/bank/payments`)
      await page.getByText('you may not see its namespace').waitFor()
    },
    timeout,
  )

  it(
    'fits on a telephone without being pushed sideways',
    async () => {
      const { page } = await visit('/')
      await page.setViewportSize({ width: 390, height: 800 })
      for (const path of ['/', '/certificates', '/certificates/Certificate/bank/payments', '/policies']) {
        await page.goto(`${root}${path}`)
        await page.locator('section, table').first().waitFor()
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
      }
    },
    timeout,
  )
})
