/** The protocols of the battery: a row each. */
import { openAcme } from './acme.ts'
import { openCa } from './ca.ts'
import { openCmp, openCmpTcp } from './cmp.ts'
import { openEst } from './est.ts'
import type { House, HouseOptions } from './house.ts'
import { openScep } from './scep.ts'

export const houses = {
  ca: openCa,
  acme: openAcme,
  est: openEst,
  scep: openScep,
  cmp: openCmp,
  'cmp-tcp': openCmpTcp,
} as const satisfies Readonly<Record<string, (options: HouseOptions) => Promise<House>>>

export type HouseName = keyof typeof houses

export const houseNames = Object.keys(houses) as readonly HouseName[]
