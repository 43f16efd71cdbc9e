/** SCEP services as they are in the field: what they list, and what they sign and encrypt with. */
import { describe, expect, it } from '@jest/globals'
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import type { ScepTroubles } from '../support/scep-server/troubles.ts'
import { identityOf, rsaKey } from '../support/scepcustomer.ts'
import { faultOf, scepWorld } from './scep-world.ts'
import type { ScepWorld } from './scep-world.ts'

const enrolls = async (world: ScepWorld): Promise<ReturnType<typeof identityOf>> =>
  identityOf(await world.customer.travel(await world.customer.order()))

describe('what a service lists', () => {
  const everywhere = 'SHA-1, SHA-256, AES, DES3, Renewal, POSTPKIOperation, SCEPStandard'.split(', ')

  it.each([
    ['line feeds', everywhere.join('\n')],
    ['carriage returns', everywhere.join('\r')],
    ['both, and blanks', ` ${everywhere.join(' \r\n\t')}\r\n`],
    ['small letters', everywhere.join('\n').toLowerCase()],
    ['SCEPStandard alone', 'SCEPStandard'],
    ['words nobody knows', `Frobnicate\n${everywhere.join('\n')}\nX-Future`],
  ])('is read with %s', async (_words, capabilities) => {
    const world = await scepWorld({ troubles: { capabilities } })
    await enrolls(world)
    expect(world.fake.operations).toMatchObject([{ method: 'POST', hash: 'SHA-256', cipher: 'AES-128-CBC' }])
  })

  it.each<[string, ScepTroubles['capabilities'], Partial<ScepSpec>, object]>([
    [
      'the best hash of the list',
      'AES\nSHA-1\nSHA-256\nSHA-512',
      {},
      { hash: 'SHA-512', cipher: 'AES-128-CBC', method: 'GET' },
    ],
    [
      'what the spec names',
      'SCEPStandard',
      { digest: 'SHA-384', cipher: 'AES-256-CBC' },
      { hash: 'SHA-384', cipher: 'AES-256-CBC' },
    ],
    ['GET where the spec says so', 'SCEPStandard', { httpMethod: 'GET' }, { method: 'GET' }],
    ['POST where the spec says so', 'AES\nSHA-256', { httpMethod: 'POST' }, { method: 'POST' }],
    [
      'old algorithms where they are allowed',
      'DES3\nSHA-1',
      { allowLegacy: ['SHA-1', 'DES-EDE3-CBC'] },
      { hash: 'SHA-1', cipher: 'DES-EDE3-CBC' },
    ],
    [
      'old algorithms where nothing is listed',
      404,
      { allowLegacy: ['SHA-1', 'DES-EDE3-CBC'] },
      { hash: 'SHA-1', cipher: 'DES-EDE3-CBC' },
    ],
    [
      'new ones before old ones',
      'SCEPStandard',
      { allowLegacy: ['SHA-1', 'DES-EDE3-CBC'] },
      { hash: 'SHA-256', cipher: 'AES-128-CBC' },
    ],
    [
      'what the spec names where nothing is listed',
      500,
      { digest: 'SHA-256', cipher: 'AES-128-CBC' },
      { hash: 'SHA-256', method: 'GET' },
    ],
  ])('decides the request: %s', async (_words, capabilities, spec, expected) => {
    const world = await scepWorld({ troubles: { capabilities: capabilities ?? '' }, spec })
    await enrolls(world)
    expect(world.fake.operations).toMatchObject([expected])
  })

  it.each<[string, ScepTroubles['capabilities'], RegExp]>([
    ['nothing', '', /lists no capabilities.*spec\.scep\.digest.*spec\.scep\.allowLegacy/],
    ['SHA-1 alone', 'AES\nSHA-1', /SHA-1 to spec\.scep\.allowLegacy/],
    ['triple DES alone', 'SHA-256\nDES3', /DES-EDE3-CBC to spec\.scep\.allowLegacy/],
  ])('is not enough without a switch: %s', async (_words, capabilities, sentence) => {
    const world = await scepWorld({ troubles: { capabilities: capabilities ?? '' } })
    expect(await world.customer.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last.kind).toBe('blocked')
    expect(faultOf(journey).message).toMatch(sentence)
    expect(world.fake.operations).toEqual([])
  })

  it.each([405, 501])('as POST and is answered with %i goes by GET', async (postStatus) => {
    const world = await scepWorld({ troubles: { postStatus } })
    await enrolls(world)
    expect(world.fake.operations).toMatchObject([{ method: 'GET' }])
  })
})

describe('the reply', () => {
  it.each(['AES-128-CBC', 'AES-256-CBC', 'DES-EDE3-CBC'] as const)('is read in %s', async (replyCipher) => {
    const world = await scepWorld({ troubles: { replyCipher } })
    const { warning } = await enrolls(world)
    expect(warning?.includes('DES-EDE3-CBC') === true).toBe(replyCipher === 'DES-EDE3-CBC')
  })

  it('in single DES is accepted where the spec allows it, and shown', async () => {
    const world = await scepWorld({ troubles: { replyCipher: 'DES-CBC' }, spec: { allowLegacy: ['DES-CBC'] } })
    expect((await enrolls(world)).warning).toMatch(/DES-CBC/)
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'ready',
      message: expect.stringContaining('DES-CBC'),
      details: { legacyAlgorithms: ['DES-CBC'], replies: ['SHA-256', 'DES-CBC'] },
    })
  })

  it('in single DES is not accepted otherwise', async () => {
    const world = await scepWorld({ troubles: { replyCipher: 'DES-CBC' } })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last).toMatchObject({ kind: 'deferred', fault: { code: 'Misconfigured' } })
  })

  it('signed with SHA-1 is accepted with a warning, unless the spec refuses it', async () => {
    const world = await scepWorld({ troubles: { replyHash: 'SHA-1' } })
    expect((await enrolls(world)).warning).toMatch(/SHA-1/)
    world.customer.restart({ spec: { sha1Replies: 'Refuse' } })
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }))
    expect(journey.last).toMatchObject({ kind: 'refused', fault: { code: 'SecurityViolation' } })
    expect(faultOf(journey).message).toMatch(/spec\.scep\.sha1Replies/)
  })

  it.each(['SHA-256', 'SHA-384', 'SHA-512'] as const)(
    'signed with %s is accepted without a word',
    async (replyHash) => {
      expect((await enrolls(await scepWorld({ troubles: { replyHash } }))).warning).toBeUndefined()
    },
  )

  it('may be spelled in BER, inside and outside', async () => {
    const world = await scepWorld({ troubles: { sendsBer: true } })
    await enrolls(world)
    expect(world.fake.issued).toBe(1)
  })

  it.each(['signer', 'ca'] as const)('may begin with the certificate of the %s', async (firstCertificate) => {
    const world = await scepWorld({ troubles: { firstCertificate } })
    await enrolls(world)
    expect(world.fake.issued).toBe(1)
  })
})
