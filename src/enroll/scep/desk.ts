/** What every step of a transaction has at hand. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import type { SecretText } from '../../std/secret.ts'
import type { Ctx } from '../enroller.ts'
import type { Protection } from './certrep.ts'
import type { Answer, ScepClient } from './client.ts'
import type { Site } from './site.ts'

export interface Desk {
  readonly spec: ScepSpec
  readonly client: ScepClient
  readonly site: Site
  readonly challenge: SecretText | undefined
  readonly ctx: Ctx
  /** Asks the service again: its certificates may have changed since. */
  refresh(): Promise<Answer<Site>>
  /** Remembers how a reply was protected, to be shown. */
  seen(protection: Protection): void
}
