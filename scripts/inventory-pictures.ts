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
  /** The height of the window; the picture ends with the last row that it shows whole. */
  readonly height: number
}

const pictures: readonly Picture[] = [
  { path: '/', scheme: 'light', file: 'docs/inventory-light.png', height: 1010 },
  { path: '/certificates?sort=severity', scheme: 'dark', file: 'docs/inventory-dark.png', height: 820 },
]

const width = 1280

async function take(browser: Browser, root: string, { path, scheme, file, height }: Picture): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } })
  await context.addInitScript("sessionStorage.setItem('perennial-token', 'everywhere')")
  const page = await context.newPage()
  await page.goto(`${root}${path}`)
  await page.locator('.counts, table').first().waitFor()
  const boxes = await Promise.all((await page.locator('.rows li, tbody tr').all()).map((row) => row.boundingBox()))
  const bottoms = boxes.flatMap((box) => (box === null ? [] : [box.y + box.height]))
  const end = Math.floor(Math.max(...bottoms.filter((bottom) => bottom <= height)))
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width, height: end } })
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
