/** SCEP services as they are in the field: what they list, whom they show, what they encrypt with, what they say of the next CA. */
import { describe, expect, it } from '@jest/globals'
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import { generateKey } from '../../src/pki/key.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { anotherCa, ecCaWithDecrypter, makeRa, ndes, singleCa } from '../support/scep-server/material.ts'
import type { Holder, Material } from '../support/scep-server/material.ts'
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
    expect(journey.last).toMatchObject({ kind: 'blocked', fault: { code: 'Misconfigured' } })
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

  it.each(['signer', 'ca'] as const)('may begin with the certificate of the %s', async (firstCertificate) => {
    const world = await scepWorld({ troubles: { firstCertificate } })
    await enrolls(world)
    expect(world.fake.issued).toBe(1)
  })
})

describe('a registration authority', () => {
  const orders = (material: Material): readonly (readonly Holder[])[] => {
    const [a, b, c] = material.shown
    if (a === undefined || b === undefined || c === undefined) throw new Error('three are needed')
    return [
      [a, b, c],
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ]
  }

  it('of two certificates is found in a list of any order', async () => {
    for (const shown of orders(await ndes())) {
      const world = await scepWorld({ material: { ...(await ndes()), shown } })
      await enrolls(world)
      expect(await world.customer.prepare()).toMatchObject({ details: { caSubject: 'CN=SCEP CA' } })
    }
  })

  it('is asked after by the subject of the CA that issues', async () => {
    const world = await scepWorld({ material: await ndes(), troubles: { approval: 'manual', pollsUntilApproval: 1 } })
    await enrolls(world)
    expect(world.fake.operations.map(({ messageType }) => messageType)).toEqual(['19', '20', '20'])
  })

  it('decrypts and signs for an EC CA', async () => {
    const world = await scepWorld({ material: await ecCaWithDecrypter() })
    await enrolls(world)
  })

  it('that the CA has not signed counts when the spec names it', async () => {
    const { ca } = await singleCa()
    const other = await anotherCa()
    const decrypter = await makeRa(other.ca, { name: 'Decrypter', usages: ['digital signature', 'key encipherment'] })
    const material = { ca, decrypters: [decrypter, ca], signer: decrypter, shown: [decrypter, ca] }
    const stranger = await scepWorld({ material })
    const journey = await stranger.customer.travel(await stranger.customer.order())
    expect(journey.last).toMatchObject({ fault: { code: 'SecurityViolation' } })
    const print = sha256Hex(decrypter.certificate)
    const world = await scepWorld({
      material,
      spec: { raFingerprints: { encryption: print, signing: print.toUpperCase() } },
    })
    await enrolls(world)
  })

  it('that the spec names and nobody shows is told', async () => {
    const world = await scepWorld({ spec: { raFingerprints: { encryption: 'ab'.repeat(32) } } })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'notReady',
      fault: {
        code: 'Misconfigured',
        message: expect.stringMatching(/spec\.scep\.raFingerprints\.encryption.*CN=SCEP CA/),
      },
    })
  })

  it('that is new since is found when it first signs a reply', async () => {
    const first = await ndes()
    const shown: Holder[] = [...first.shown]
    const material = { ...first, shown }
    const world = await scepWorld({ material })
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const signer = await makeRa(first.ca, { name: 'New RA', usages: ['digital signature'] })
    shown.unshift(signer)
    Object.assign(material, { signer })
    expect((await world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })).kind).toBe('issued')
  })
})

describe('the CA that comes next', () => {
  it('is shown with its validity when the present one vouches for it', async () => {
    const next = (await anotherCa()).ca
    const world = await scepWorld({ troubles: { nextCa: next } })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'ready',
      details: {
        nextCA: {
          subject: 'CN=Another CA',
          fingerprint: sha256Hex(next.certificate),
          notBefore: '2026-01-01T00:00:00Z',
        },
      },
    })
  })

  it('is not shown when somebody else signed it', async () => {
    const { ca } = await anotherCa()
    const world = await scepWorld({ troubles: { nextCa: ca, nextCaSigner: ca } })
    const readiness = await world.customer.prepare()
    expect(readiness).toMatchObject({
      kind: 'ready',
      details: { nextCAProblem: expect.stringContaining('not signed') },
    })
    expect(readiness).not.toHaveProperty('details.nextCA')
  })

  it('is no trouble when it is listed and not there', async () => {
    const world = await scepWorld()
    expect(await world.customer.prepare()).toMatchObject({ kind: 'ready' })
    expect(world.fake.requests).toContain('GET GetNextCACert')
  })

  it('may be pinned before it comes', async () => {
    const present = await singleCa()
    const next = await anotherCa()
    const pins = { caFingerprint: sha256Hex(present.ca.certificate), nextCAFingerprint: sha256Hex(next.ca.certificate) }
    for (const material of [present, next]) await enrolls(await scepWorld({ material, spec: pins }))
  })
})

describe('a key that cannot decrypt', () => {
  const shape = { algorithm: 'ECDSA', size: 256 } as const
  const order = async (world: ScepWorld): Promise<Awaited<ReturnType<typeof world.customer.order>>> =>
    world.customer.order({ key: await generateKey(shape) })

  it('is refused before anything is asked of the service', async () => {
    const world = await scepWorld()
    const outcome = await world.customer.begin(await order(world))
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'RequestUnsupported' } })
    expect(outcome).toHaveProperty('fault.message', expect.stringMatching(/RSA.*spec\.scep\.ecKeys/))
    expect(world.fake.requests).toEqual([])
  })

  it('is carried by an RSA key of the transaction, through restarts and approval', async () => {
    const world = await scepWorld({
      spec: { ecKeys: 'TemporaryRSA' },
      troubles: { approval: 'manual', pollsUntilApproval: 1 },
    })
    expect((await world.customer.travel(await order(world), { restarts: true })).last.kind).toBe('issued')
  })

  it('gets its reply under the challenge as a password', async () => {
    const world = await scepWorld({ spec: { ecKeys: 'Password' } })
    const journey = await world.customer.travel(await order(world), { restarts: true })
    const current = identityOf(journey)
    expect((await world.customer.travel(await order(world), { current })).last.kind).toBe('issued')
    expect(world.fake.operations.at(-1)).toMatchObject({ messageType: '17', isRenewal: true })
  })
})
