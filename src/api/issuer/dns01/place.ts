/** Where the samples of rules about DNS-01 stand: merge patches on an Issuer's example spec. */
import type { JsonObject } from '../../../std/json.ts'
import { solverWith } from '../acmeplace.ts'

/** An issuer whose one solver has these members in `dns01`. */
export const dns01With = (members: JsonObject): JsonObject => solverWith({ dns01: members })
