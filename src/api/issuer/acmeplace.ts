/** Where the samples of rules about ACME stand: merge patches on an Issuer's example spec. */
import type { JsonObject } from '../../std/json.ts'

const example = { server: 'https://acme.example.com/directory', privateKeySecretRef: { name: 'acme-account' } }

/** An issuer that has these members in `spec.acme`. */
export const acmeWith = (members: JsonObject): JsonObject => ({ selfSigned: null, acme: { ...example, ...members } })

/** An issuer that has this one solver. */
export const solverWith = (solver: JsonObject): JsonObject => acmeWith({ solvers: [solver] })
