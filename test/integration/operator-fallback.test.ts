/** A Certificate whose first issuer, at an ACME server, is dead, and whose next signs in the cluster. */
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openChallengeWorld } from '../support/challengeworld.ts'
import type { ChallengeWorld } from '../support/challengeworld.ts'
import { conditionOf, makeAuthority, until } from '../support/cluster.ts'
import type { SeenEvent } from '../support/cluster.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { freePorts } from '../support/process.ts'

const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

/** The way to an ACME server, which can be cut and mended. */
class Wire {
  readonly #to: number
  readonly #port: number
  readonly #open = new Set<Socket>()
  #server: Server | undefined

  constructor(port: number, to: number) {
    this.#port = port
    this.#to = to
  }

  mend(): Promise<void> {
    const server = createServer((socket) => {
      const onward = connect(this.#to, '127.0.0.1')
      for (const one of [socket, onward]) {
        this.#open.add(one)
        one.on('error', () => undefined).on('close', () => this.#open.delete(one))
      }
      socket.pipe(onward).pipe(socket)
    })
    this.#server = server
    return new Promise((resolve) => void server.listen(this.#port, '127.0.0.1', resolve))
  }

  cut(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    const server = this.#server
    return new Promise((resolve) => (server === undefined ? resolve() : void server.close(() => resolve())))
  }
}

let world: ChallengeWorld
let wire: Wire

beforeAll(async () => {
  world = await openChallengeWorld({
    pebble: { alwaysValid: true, blockedNames: ['refused.example.test'] },
    flags: ['--issuer-probe-interval=10s'],
  })
  await makeAuthority(world.ns)
  const [port = 0] = await freePorts(1)
  wire = new Wire(port, Number(new URL(world.pebble.directoryUrl).port))
  const { caBundle } = world.pebble
  const acme = { server: `https://127.0.0.1:${port}/dir`, privateKeySecretRef: { name: 'account' }, caBundle }
  await world.ns.issuer('first', { acme: { ...acme, solvers: [{ http01: { selfCheck: 'Disabled' } }] } })
}, startTimeout)

afterAll(async () => {
  await wire?.cut()
  await world?.close()
}, testTimeout)

const spec = { dnsNames: ['shop.example.test'], issuerRef: from('first'), fallbackIssuerRefs: [from('ca')] }

const eventsAbout = async (name: string): Promise<readonly SeenEvent[]> =>
  (await world.ns.list<SeenEvent>('events')).filter((event) => event.involvedObject.name === name)

describe('a Certificate with an issuer to fall back to', () => {
  it(
    'is issued by it while the server of the first is dead, and by the first once that is back',
    async () => {
      await world.ns.issuerTold('first', 'False')
      await world.ns.certificate('shop', spec)
      const fallen = await world.ns.ready('shop')
      expect(fallen.status?.issuedBy).toMatchObject({ name: 'ca', protocol: 'ca' })
      expect(conditionOf(fallen, 'Ready')?.message).toMatch(/issued by Issuer ca, to which it fell back/)
      const told = await until('an Event', async () =>
        (await eventsAbout('shop')).find(({ reason }) => reason === 'FellBack'),
      )
      expect(told.message).toMatch(
        /^Issuer ca issued instead of Issuer first, because of Issuer first in namespace shop is not ready: .*127\.0\.0\.1/,
      )
      await wire.mend()
      await world.ns.issuerTold('first', 'True')
      await world.ns.patch('certificates', 'shop', { metadata: { annotations: { 'perennial.dev/renew': '1' } } })
      const back = await until('the first issuer again', async () => {
        const seen = await world.ns.ready('shop')
        return seen.status?.issuedBy?.name === 'first' ? seen : undefined
      })
      expect(back.status).toMatchObject({ issuedBy: { protocol: 'acme' }, revision: 2 })
      expect(conditionOf(back, 'Ready')?.message).not.toMatch(/fell back/)
    },
    testTimeout,
  )

  it(
    'stays with the first when that says no to the names',
    async () => {
      await world.ns.certificate('refused', { ...spec, dnsNames: ['refused.example.test'] })
      const told = await world.ns.told('refused', { status: 'False', reason: 'BackingOff' })
      expect(told.status?.lastFailure).toMatchObject({ code: 'NamesRejected' })
      expect(told.status?.issuedBy).toBeUndefined()
    },
    testTimeout,
  )
})
