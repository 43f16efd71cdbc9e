/** A real Chromium, where the machine has one. */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const executable = places.find((path) => path !== '' && existsSync(path))

/** Why there can be no test in a browser; undefined where there can. */
export const noBrowser =
  executable === undefined ? 'there is no Chromium here; install the package chromium, or set CHROMIUM' : undefined

/** @throws where there is none; see {@link noBrowser} */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable ?? '',
    // Root of a container has no other choice, and the only pages here are ours.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
}
