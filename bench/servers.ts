/** The CA at the other end, for each protocol that has one: always in another process than what is measured. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { CmpSpec } from '../src/api/issuer/cmp.ts'
import type { EstSpec } from '../src/api/issuer/est.ts'
import type { ScepSpec } from '../src/api/issuer/scep.ts'
import { sha256Hex } from '../src/pki/hash.ts'
import { startEstServer } from '../test/support/estserver.ts'

export interface Served<Spec> {
  /** Of the Issuer, below the member of the protocol. */
  readonly spec: Spec
  /** What the Secret of the spec, called like the protocol, holds in the entry `secret`. */
  readonly secret: string
  readonly stop: () => Promise<void>
}

/** globalsign's estserver. */
export async function serveEst(): Promise<Served<EstSpec>> {
  const server = await startEstServer()
  const spec = { server: server.url, caFingerprint: sha256Hex(server.ca.certificate) }
  return { spec, secret: '', stop: () => server.stop() }
}

export const serveScep = (): Promise<Served<ScepSpec>> => startHouse<ScepSpec>('scep')

export const serveCmp = (): Promise<Served<CmpSpec>> => startHouse<CmpSpec>('cmp')

async function startHouse<Spec>(protocol: 'scep' | 'cmp'): Promise<Served<Spec>> {
  const house = spawn(process.execPath, ['--import', 'tsx', 'bench/house.ts', protocol], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(house, 'exit')
  const early = ended.then(() => Promise.reject(new Error(`the ${protocol} server ended by itself`)))
  early.catch(() => undefined)
  const lines = createInterface({ input: house.stdout })
  const said = new Promise<string>((resolve) => lines.once('line', resolve))
  const line = await Promise.race([said, early])
  lines.close()
  return {
    ...(JSON.parse(line) as { readonly spec: Spec; readonly secret: string }),
    stop: async () => {
      house.stdin.end()
      await ended
    },
  }
}
