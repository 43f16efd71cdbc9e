/** Renewal at CAs that have their own mind about what an order replaces (RFC 9773 section 5). */
import { describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { certificateId } from '../../src/enroll/acme/ari.ts'
import { AcmeWorld } from './acme-world.ts'
import { factsOf } from './stage.ts'

async function issuedBefore(world: AcmeWorld): Promise<CertificateFacts> {
  const { last } = await world.travel()
  if (last.kind !== 'issued' || last.chain[0] === undefined) throw new Error(`expected a certificate: ${last.kind}`)
  return factsOf(last.chain[0])
}

describe('a CA that does not like what an order replaces', () => {
  it.each([
    [409, 'alreadyReplaced'],
    [409, 'conflict'],
    [400, 'malformed'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'malformed'],
  ])('and says %d %s gets the order once more without it', async (status, type) => {
    const world = await AcmeWorld.open()
    const replaces = await issuedBefore(world)
    world.fake.troubles.refusesReplaces = { status, type }
    expect((await world.travel({ replaces })).last.kind).toBe('issued')
    expect(world.count('POST /order')).toBe(3)
    expect(world.fake.orders.at(-1)?.payload).not.toHaveProperty('replaces')
  })

  it.each([
    [429, 'rateLimited', undefined],
    [429, '', true],
    [500, 'serverInternal', undefined],
    [503, '', true],
  ])('but says %d %s is not asked again at once', async (status, type, withoutBody) => {
    const world = await AcmeWorld.open()
    const replaces = await issuedBefore(world)
    world.fake.troubles.refusesReplaces = { status, type, ...(withoutBody === undefined ? {} : { withoutBody }) }
    const outcome = await world.enroller().enroll(await world.order({ replaces }), world.scene.ctx())
    expect(outcome.kind).toBe('deferred')
    expect(world.count('POST /order')).toBe(2)
  })

  it('is told nothing of it where it offers no renewal information, or the issuer wants none', async () => {
    const silent = await AcmeWorld.open({ troubles: { offersNoRenewalInfo: true } })
    await silent.travel({ replaces: await issuedBefore(silent) })
    const unwanted = await AcmeWorld.open({ spec: { renewalInformation: 'None' } })
    await unwanted.travel({ replaces: await issuedBefore(unwanted) })
    for (const { fake } of [silent, unwanted]) expect(fake.orders.at(-1)?.payload).not.toHaveProperty('replaces')
  })

  it('is told of it by the name that RFC 9773 gives the certificate', async () => {
    const world = await AcmeWorld.open()
    const replaces = await issuedBefore(world)
    expect((await world.travel({ replaces })).last.kind).toBe('issued')
    expect(world.fake.orders.at(-1)?.payload).toMatchObject({ replaces: certificateId(replaces) })
  })
})
