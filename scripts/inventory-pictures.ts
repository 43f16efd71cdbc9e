/** `npx tsx scripts/inventory-pictures.ts`: takes the pictures of docs/inventory.md, in the Chromium of this machine. */
import type { Browser } from 'playwright-core'
import { startServer } from '../src/net/server.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { silentLogger } from '../src/std/log.ts'
import { webRoutes } from '../src/web/routes.ts'
import { openBrowser } from '../test/support/browser.ts'
import { sampleInventory } from '../test/support/inventorysamples.ts'
import { siteParts } from '../test/support/inventorysite.ts'
import { buildPage } from './webpage.ts'

interface Picture {
  readonly path: string
  readonly scheme: 'light' | 'dark'
  readonly file: string
  /** The height of the window. */
  readonly height: number
}

const pictures: readonly Picture[] = [
  { path: '/', scheme: 'light', file: 'docs/inventory-light.png', height: 1010 },
  { path: '/certificates?sort=severity', scheme: 'dark', file: 'docs/inventory-dark.png', height: 820 },
]

async function take(browser: Browser, root: string, { path, scheme, file, height }: Picture): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height } })
  await context.addInitScript("sessionStorage.setItem('perennial-token', 'everywhere')")
  const page = await context.newPage()
  await page.goto(`${root}${path}`)
  await page.locator('.counts, table').first().waitFor()
  await page.screenshot({ path: file })
  await context.close()
}

const answer = webRoutes(siteParts({ ...sampleInventory, page: (await buildPage()).files }))
const options = { name: 'web', address: '127.0.0.1:0', answer, clock: systemClock, log: silentLogger }
const server = await startServer(options)
if (!server.ok) throw new Error(server.error)
const browser = await openBrowser()
for (const picture of pictures) await take(browser, `http://127.0.0.1:${server.value.port}`, picture)
await browser.close()
await server.value.close()
