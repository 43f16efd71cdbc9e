/** What every step of a request has at hand. */
import type { Answer } from './client.ts'
import type { EstCredentials } from './credentials.ts'
import type { Site, Visit } from './site.ts'

export interface Desk extends Omit<Visit, 'shown'> {
  readonly credentials: EstCredentials
  readonly site: Site
  /** Asks the server for its CA again: it may have changed since. */
  refresh(): Promise<Answer<Site>>
}
