/** The contract of a provider of DNS: every provider passes it, against a service that checks each request. */
import { afterEach, describe } from '@jest/globals'
import type { World } from '../support/dns-providers/service.ts'
import { open } from './dns-provider/harness.ts'
import type { ProviderHarness } from './dns-provider/harness.ts'
import { refusalsChapter } from './dns-provider/refusals.ts'
import { replicasChapter } from './dns-provider/replicas.ts'
import { troubleChapter } from './dns-provider/trouble.ts'
import { valuesChapter } from './dns-provider/values.ts'

export function dnsProviderContract<S, W extends World>(harness: ProviderHarness<S, W>): void {
  const { factory, variant } = harness
  describe(`${factory.provider}${variant === undefined ? '' : ` (${variant})`}`, () => {
    afterEach(async () => {
      await Promise.all(open.splice(0).map((service) => service.close()))
    })
    valuesChapter(harness)
    replicasChapter(harness)
    refusalsChapter(harness)
    troubleChapter(harness)
  })
}
