/** The life of a Certificate in phases: issued, renewed, revoked and replaced, deleted. */
import type { RevocationStatus } from '../../src/api/revocation.ts'
import { conditionOf, until } from '../../test/support/cluster.ts'
import type { Seen } from '../../test/support/cluster.ts'
import type { House } from '../houses/house.ts'
import type { World } from '../world.ts'
import { patience } from './fleet.ts'

export interface Phase {
  readonly name: 'issue' | 'renew' | 'revoke' | 'delete'
  /** How many certificates a CA is asked for. */
  readonly issues: number
  readonly begin: (world: World, name: string) => Promise<void>
  /** Resolves when it is through; rejects when the time is up. */
  readonly done: (world: World, name: string) => Promise<unknown>
}

export const dnsNameOf = (name: string): string => `${name}.battery.example`

const issue = (house: House): Phase => ({
  name: 'issue',
  issues: 1,
  begin: ({ ns }, name) =>
    ns.certificate(name, {
      issuerRef: { name: house.protocol, kind: 'Issuer', group: 'perennial.dev' },
      commonName: dnsNameOf(name),
      dnsNames: [dnsNameOf(name)],
      privateKey: house.privateKey,
      ...(house.revokes !== 'never' ? { revocationPolicy: { onDelete: 'Revoke' }, deletionPolicy: 'Delete' } : {}),
    }),
  done: ({ ns }, name) => ns.told(name, { status: 'True', revision: 1 }, patience),
})

const renew: Phase = {
  name: 'renew',
  issues: 1,
  begin: ({ ns }, name) =>
    ns.patch('certificates', name, { metadata: { annotations: { 'perennial.dev/renew': 'now' } } }),
  done: ({ ns }, name) => ns.told(name, { status: 'True', revision: 2 }, patience),
}

/** The key is replaced as well, which is what people call rotation. */
const revoke: Phase = {
  name: 'revoke',
  issues: 1,
  begin: ({ ns }, name) =>
    ns.create('certificaterevocations', {
      apiVersion: 'perennial.dev/v1',
      kind: 'CertificateRevocation',
      metadata: { name },
      spec: { certificateRef: { name }, reissue: 'First', reason: 'superseded' },
    }),
  done: async ({ ns }, name) => {
    const seen = (): ReturnType<typeof ns.seenRevocation> => ns.seenRevocation(name)
    const isDone = async (): Promise<true | undefined> =>
      conditionOf(await seen(), 'Ready')?.status === 'True' ? true : undefined
    await until(`CertificateRevocation ${name} carried out`, isDone, patience).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify((await seen())?.status)}`, { cause: error })
    })
    return ns.told(name, { status: 'True', revision: 3 }, patience)
  },
}

const remove = (house: House): Phase => ({
  name: 'delete',
  issues: 0,
  begin: ({ ns, observer }, name) => {
    observer.mayGo(`${ns.name}/${name}`)
    return ns.remove('certificates', name)
  },
  done: async (world, name) => {
    const { ns } = world
    const isGone = async (): Promise<true | undefined> =>
      (await ns.seenCertificate(name)) === undefined ? true : undefined
    await until(`Certificate ${name} gone`, isGone, patience)
    if (house.revokes === 'never') return
    await until(`the last certificate of ${name} revoked`, () => isRevoked(world, name), patience)
  },
})

/** By the order that its `revocationPolicy` has made. */
async function isRevoked({ ns }: World, name: string): Promise<true | undefined> {
  const all = await ns.list<Seen<RevocationStatus>>('certificaterevocations')
  const made = all.filter(({ metadata }) => metadata.name.startsWith(`${name}-`))
  return made.length > 0 && made.every((one) => conditionOf(one, 'Ready')?.status === 'True') ? true : undefined
}

export const phasesOf = (house: House): readonly Phase[] =>
  house.revokes === 'order' ? [issue(house), renew, revoke, remove(house)] : [issue(house), renew, remove(house)]
