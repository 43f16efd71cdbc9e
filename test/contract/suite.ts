/**
 * The definition of an enroller: a protocol is done when it passes. Each protocol brings a {@link Harness} with a fake CA
 * that lives in the test's process; the chapters never ask which protocol it is.
 */
import { describe } from '@jest/globals'
import { authoritiesChapter } from './authorities.ts'
import { credentialsChapter } from './credentials.ts'
import type { Harness } from './harness.ts'
import { issuanceChapter } from './issuance.ts'
import { resumptionChapter } from './resumption.ts'
import { revocationChapter } from './revocation.ts'
import { secrecyChapter } from './secrecy.ts'
import { stageFor } from './stage.ts'
import { troubleChapter } from './trouble.ts'

export function contractSuite<S>(harness: Harness<S>): void {
  describe(`the ${harness.factory.protocol} enroller`, () => {
    const stage = stageFor(harness)
    issuanceChapter(stage)
    authoritiesChapter(stage)
    resumptionChapter(stage)
    troubleChapter(stage)
    revocationChapter(stage)
    credentialsChapter(stage)
    secrecyChapter(stage)
  })
}
