/** Registration authorities and CAs that change, and keys that cannot decrypt, against the project's own server. */
import { describe, expect, it } from '@jest/globals'
import { generateKey } from '../../src/pki/key.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { anotherCa, ecCaWithDecrypter, makeRa, ndes, singleCa } from '../support/scep-server/material.ts'
import type { Holder, Material } from '../support/scep-server/material.ts'
import { identityOf } from '../support/scepcustomer.ts'
import { scepWorld } from './scep-world.ts'
import type { ScepWorld } from './scep-world.ts'

const enrolls = async (world: ScepWorld): Promise<ReturnType<typeof identityOf>> =>
  identityOf(await world.customer.travel(await world.customer.order()))

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

  it('that plain http names is shown with the pin that would hold it', async () => {
    const material = await ndes()
    const [, encryption] = material.shown
    const print = sha256Hex(encryption?.certificate ?? new Uint8Array())
    const loose = await scepWorld({ material })
    expect(await loose.customer.prepare()).toMatchObject({ kind: 'ready', message: expect.stringContaining(print) })
    const pinned = await scepWorld({ material, spec: { raFingerprints: { encryption: print } } })
    expect(await pinned.customer.prepare()).toMatchObject({
      kind: 'ready',
      message: expect.not.stringContaining(print),
    })
  })

  it('is asked after by the subject of the CA that issues', async () => {
    const world = await scepWorld({ material: await ndes(), troubles: { approval: 'manual', pollsUntilApproval: 1 } })
    await enrolls(world)
    expect(world.fake.operations.map(({ messageType }) => messageType)).toEqual(['19', '20', '20'])
  })

  it('decrypts and signs for an EC CA', async () => {
    const { chain } = await enrolls(await scepWorld({ material: await ecCaWithDecrypter() }))
    expect(chain.length).toBeGreaterThan(1)
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
    for (const material of [present, next]) {
      const { chain } = await enrolls(await scepWorld({ material, spec: pins }))
      expect(chain).toContainEqual(material.ca.certificate)
    }
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
