/** Pebble with a web server that it looks at and customers that order from it; all of it ends together. */
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import type { Credentials, Vault } from '../../src/enroll/enroller.ts'
import type { Surroundings } from '../../src/enroll/surroundings.ts'
import { readCertificates } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { Customer } from './customer.ts'
import { startPebble } from './pebble.ts'
import type { Pebble, PebbleOptions } from './pebble.ts'
import { unwrap } from './unwrap.ts'
import { startWebsite } from './website.ts'
import type { Website } from './website.ts'

export interface CustomerShape {
  readonly spec?: Partial<AcmeSpec>
  readonly macKey?: string
  /** What the solvers of the spec want. */
  readonly credentials?: Credentials
  readonly surroundings?: Surroundings
  /** Secrets of a customer that was there before. */
  readonly vault?: Vault
}

export class PebbleHouse {
  readonly website: Website
  readonly pebble: Pebble
  readonly #customers: Customer[] = []

  private constructor(website: Website, pebble: Pebble) {
    this.website = website
    this.pebble = pebble
  }

  static async open(options: Omit<PebbleOptions, 'httpPort'> = {}): Promise<PebbleHouse> {
    const website = await startWebsite()
    try {
      return new PebbleHouse(website, await startPebble({ ...options, httpPort: website.port }))
    } catch (error) {
      await website.close()
      throw error
    }
  }

  customer({ vault, ...shape }: CustomerShape = {}): Customer {
    const options = {
      directoryUrl: this.pebble.directoryUrl,
      caBundle: this.pebble.caBundle,
      board: this.website.board,
      ...shape,
    }
    const customer = new Customer(options, vault)
    this.#customers.push(customer)
    return customer
  }

  /** The root of each chain that is issued, the preferred one first. */
  async roots(): Promise<readonly Der[]> {
    const pems = await this.pebble.roots()
    return pems.flatMap((pem) => unwrap(readCertificates(pem)))
  }

  async close(): Promise<void> {
    for (const customer of this.#customers) await customer.close()
    await this.pebble.stop()
    await this.website.close()
  }
}
