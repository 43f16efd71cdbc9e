/** How an order finds its solvers, remembers them, and takes down what they put up. */
import { describe, expect, it } from '@jest/globals'
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import type { ChallengeBoard } from '../../src/enroll/challenge.ts'
import type { Ctx, Outcome, Ticket } from '../../src/enroll/enroller.ts'
import { AcmeWorld } from './acme-world.ts'
import { throughJson } from './drive.ts'
import { plainWish } from './harness.ts'

type Solver = NonNullable<AcmeSpec['solvers']>[number]

const trusting: Solver = { http01: { selfCheck: 'Disabled', ingress: { ingressClassName: 'nginx' } } }

function ticketOf(outcome: Outcome): Ticket {
  if (outcome.kind !== 'pending') throw new Error(`expected a ticket, got ${JSON.stringify(outcome)}`)
  return throughJson(outcome.ticket)
}

/** The world with a board that notes how it was asked. */
function noting(world: AcmeWorld, noted: string[]): Ctx {
  const ctx = world.scene.ctx()
  const { board } = world.scene
  const present: ChallengeBoard['present'] = (answer, check) => {
    noted.push(`${answer.type} ${check}`)
    return board.present(answer)
  }
  return {
    ...ctx,
    board: { typesFor: (of) => board.typesFor(of), remove: (answer) => board.remove(answer), present },
  }
}

describe('an order', () => {
  it('keeps in its ticket how each answer is shown', async () => {
    const solvers = [{ selector: { dnsZones: ['example.test'] }, ...trusting }, { http01: {} }]
    const world = await AcmeWorld.open({ spec: { solvers } })
    const ticket = ticketOf(await world.enroller().enroll(await world.order(), world.scene.ctx()))
    expect(ticket.solvers).toEqual([trusting])
    expect(ticket.answers).toMatchObject([{ type: 'http-01', solver: 0 }])
  })

  it('passes over a solver whose challenge nothing answers here', async () => {
    const world = await AcmeWorld.open({ spec: { solvers: [{ tlsAlpn01: {} }, trusting] } })
    const ticket = ticketOf(await world.enroller().enroll(await world.order(), world.scene.ctx()))
    expect(ticket.solvers).toEqual([trusting])
  })

  it('finds its solver again after a restart, although the issuer lists it elsewhere by then', async () => {
    const world = await AcmeWorld.open({ spec: { solvers: [trusting] } })
    const order = await world.order()
    const ticket = ticketOf(await world.enroller().enroll(order, world.scene.ctx()))
    const noted: string[] = []
    await world.enroller({ solvers: [{ http01: {} }, trusting] }).poll(ticket, order, noting(world, noted))
    expect(noted).toEqual(['http-01 trust'])
  })

  it('that a ticket of an earlier version speaks of goes on', async () => {
    const world = await AcmeWorld.open()
    const order = await world.order()
    const { solvers: _solvers, ...ticket } = ticketOf(await world.enroller().enroll(order, world.scene.ctx()))
    const answers = ticket.answers?.map(({ solver: _solver, ...answer }) => answer) ?? []
    const noted: string[] = []
    const next = await world.enroller().poll({ ...ticket, answers }, order, noting(world, noted))
    expect(next.kind).toBe('pending')
    expect(noted).toEqual(['http-01 look'])
  })

  it.each([
    ['the CA forgets it', { losesOrders: true }],
    ['the CA refuses to finalize it', { finalizeProblem: { status: 400, type: 'badCSR' } }],
  ])('leaves no answer behind when %s', async (_what, troubles) => {
    const world = await AcmeWorld.open()
    const order = await world.order()
    const ticket = ticketOf(await world.enroller().enroll(order, world.scene.ctx()))
    const enroller = world.enroller()
    await enroller.poll(ticket, order, world.scene.ctx())
    expect(world.scene.board.answers).toHaveLength(1)
    Object.assign(world.fake.troubles, troubles)
    let last = await enroller.poll(ticket, order, world.scene.ctx())
    for (let polls = 0; polls < 20 && last.kind === 'pending'; polls++) {
      world.scene.clock.advanceTo(last.wakeAt)
      last = await enroller.poll(ticket, order, world.scene.ctx())
    }
    expect(['refused', 'deferred']).toContain(last.kind)
    expect(last).not.toHaveProperty('ticket')
    expect(world.scene.board.answers).toEqual([])
  })
})

/** The note of the first poll, and of the next, which looks at the order alone. */
async function notesOf(solver: Solver, unseen?: string): Promise<readonly string[]> {
  const world = await AcmeWorld.open({ spec: { solvers: [solver] }, troubles: { validationLooks: 100 } })
  const order = await world.order()
  const enroller = world.enroller()
  const ticket = ticketOf(await enroller.enroll(order, world.scene.ctx()))
  const ctx = world.scene.ctx()
  const board: ChallengeBoard = {
    typesFor: () => ['http-01'],
    remove: () => Promise.resolve(),
    present: async (answer) => {
      await world.scene.board.present(answer)
      return { kind: 'ready', ...(unseen === undefined ? {} : { unseen }) }
    },
  }
  const polled = [await enroller.poll(ticket, order, { ...ctx, board }), await enroller.poll(ticket, order, ctx)]
  return polled.map((outcome) => (outcome.kind === 'pending' ? outcome.note : outcome.kind))
}

describe('while the CA looks', () => {
  const looking = 'the CA is looking at the challenges'

  it.each([
    ['nothing more where the answer was seen from here', { http01: {} }, undefined, looking],
    [
      'why the answer was not seen from here',
      { http01: {} },
      'a.example may not be called.',
      `${looking}; not seen from here before: NAME (a.example may not be called)`,
    ],
    [
      'that the solver says not to look from here',
      trusting,
      undefined,
      `${looking}; not seen from here before: NAME (selfCheck of its solver is Disabled)`,
    ],
  ])('at every poll there is noted %s', async (_what, solver, unseen, note) => {
    const [name] = plainWish.names
    const expected = note.replace('NAME', name?.value ?? '')
    expect(await notesOf(solver, unseen)).toEqual([expected, expected])
  })
})
