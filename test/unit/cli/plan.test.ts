import { describe, expect, it } from '@jest/globals'
import { planFor } from '../../../src/cli/plan.ts'
import type { Plan, Position } from '../../../src/cli/plan.ts'
import type { Stock } from '../../../src/cli/folder.ts'
import type { Underway } from '../../../src/cli/resume.ts'
import type { Ticket } from '../../../src/enroll/enroller.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { selfSigner } from '../../../src/pki/signer.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import { plainWish } from '../../contract/harness.ts'
import { unwrap } from '../../support/unwrap.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const binding = { request: 'this wish', issuer: 'this issuer' }
const key = await generateKey(plainWish.key)
const der = await issueCertificate({
  wanted: plainWish,
  publicKey: key.publicKey,
  signer: selfSigner({ wanted: plainWish, key, crlDistributionPoints: [] }),
  notBefore: now,
  notAfter: plus(now, days(30)),
})
const current = { identity: { chain: [der], key }, facts: unwrap(certificateFacts(der)) }
const empty: Stock = { key: undefined, current: undefined, foreign: [], answers: undefined, files: [] }
const full: Stock = { key, current, foreign: [], answers: binding, files: ['tls.crt', 'tls.key'] }
const ticket: Ticket = { version: 1, phase: 'approval', state: {} }
const underway: Underway = { ...binding, key, renewal: false, startedAt: now, ticket }

interface Change {
  readonly stock?: Stock
  readonly underway?: Underway
  readonly flags?: Partial<Position['options']>
  readonly rotation?: 'Always' | 'Never'
  readonly at?: typeof now
}

function plan({ stock = empty, underway: under, flags = {}, rotation = 'Always', at = now }: Change): Promise<Plan> {
  const options = { directory: 'out', renew: false, fresh: false, force: false, ...flags }
  return planFor({ options, stock, binding, wish: { wanted: plainWish, rotation }, underway: under }, at)
}

const renew = { renew: true }
const foreign: Stock = { ...full, foreign: ['tls.key', 'tls.crt'], answers: undefined }
const other = { ...underway, request: 'another wish' }
const expired = plus(now, days(31))

describe('what to do', () => {
  it.each<readonly [string, Change, Plan['kind']]>([
    ['in an empty directory is to begin', {}, 'begin'],
    ['with what is under way is to go on', { underway }, 'resume'],
    ['with what is under way is to go on, renewed or not', { underway, stock: full, flags: renew }, 'resume'],
    ['with what is under way and unwanted is to begin', { underway, flags: { fresh: true } }, 'begin'],
    ['with what is under way for another wish is not to be guessed', { underway: other }, 'impossible'],
    ['with another wish under way and unwanted is to begin', { underway: other, flags: { fresh: true } }, 'begin'],
    ['with a good certificate is nothing', { stock: full }, 'nothing'],
    ['with a good certificate and --fresh is to begin', { stock: full, flags: { fresh: true } }, 'begin'],
    ['with a good certificate and --renew is to begin', { stock: full, flags: renew }, 'begin'],
    ['with an expired certificate is to begin', { stock: full, at: expired }, 'begin'],
    ['with an expired certificate is not to renew', { stock: full, flags: renew, at: expired }, 'impossible'],
    ['with no certificate is not to renew', { flags: renew }, 'impossible'],
    ['with the certificate of another wish is to begin', { stock: { ...full, answers: other } }, 'begin'],
    ["with somebody else's files is to leave them", { stock: foreign }, 'impossible'],
    ["with somebody else's files is to leave them even when going on", { stock: foreign, underway }, 'impossible'],
    ["with somebody else's files and --force is to begin", { stock: foreign, flags: { force: true } }, 'begin'],
    [
      "with somebody else's certificate, --renew and --force is to renew",
      { stock: foreign, flags: { ...renew, force: true } },
      'begin',
    ],
    [
      "with somebody else's certificate is to leave it, whosever key",
      { stock: foreign, rotation: 'Never' },
      'impossible',
    ],
    [
      'with a renewal under way whose certificate is gone is not to be guessed',
      { underway: { ...underway, renewal: true } },
      'impossible',
    ],
  ])('%s', async (_name, change, kind) => {
    expect((await plan(change)).kind).toBe(kind)
  })

  it('gives up the ticket that --fresh discards, if it is of the same issuer', async () => {
    expect(await plan({ underway, flags: { fresh: true } })).toMatchObject({ abandons: ticket })
    const elsewhere = { ...underway, issuer: 'another issuer' }
    expect(await plan({ underway: elsewhere, flags: { fresh: true } })).toMatchObject({ abandons: undefined })
  })
})

describe('the key', () => {
  const startOf = async (change: Change): Promise<Underway> => {
    const made = await plan(change)
    if (made.kind !== 'begin') throw new Error(made.kind)
    return made.start
  }

  it('is a new one for every certificate', async () => {
    expect((await startOf({ stock: full, flags: renew })).key.publicKeyHash).not.toBe(key.publicKeyHash)
  })

  it('is kept under rotationPolicy Never, also when somebody else made it', async () => {
    expect((await startOf({ stock: full, flags: renew, rotation: 'Never' })).key).toBe(key)
    const brought = { ...empty, key, foreign: ['tls.key'] }
    expect((await startOf({ stock: brought, rotation: 'Never' })).key).toBe(key)
    expect((await startOf({ rotation: 'Never' })).key.shape).toEqual(plainWish.key)
  })

  it('that cannot be read, or is of another kind, is a matter for a person under rotationPolicy Never', async () => {
    const unreadable = { ...empty, foreign: ['tls.key'] }
    expect(await plan({ stock: unreadable, rotation: 'Never' })).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('out/tls.key cannot be read'),
    })
    const ed = await generateKey({ algorithm: 'Ed25519', size: 0 })
    expect(await plan({ stock: { ...empty, key: ed }, rotation: 'Never' })).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('is of the kind Ed25519, the Certificate wants ECDSA 256'),
    })
  })
})
