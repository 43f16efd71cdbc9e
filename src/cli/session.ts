/** The outside world of one run: the issuer's enroller and connections, and the context that its calls get. */
import { setMaxListeners } from 'node:events'
import type { Issuer } from '../api/issuer.ts'
import { connectionFields, SessionMaker } from '../controllers/issuer/session.ts'
import type { IssuerSession } from '../controllers/issuer/live.ts'
import { issuerHttp, noCluster } from '../connections.ts'
import { fault } from '../domain/fault.ts'
import type { Fault } from '../domain/fault.ts'
import type { ChallengeBoard } from '../enroll/challenge.ts'
import type { Ctx, Vault } from '../enroll/enroller.ts'
import type { Surroundings } from '../enroll/surroundings.ts'
import { openSurroundings } from '../surroundings.ts'
import type { OutsideParts } from '../surroundings.ts'
import type { Clock } from '../std/clock.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { minutes, seconds } from '../std/time.ts'
import { readCredentials } from './secrets.ts'
import type { Terminal } from './terminal.ts'

/** A person at a machine may call any address from it, as whom they are; the operator's guard is for clusters with several masters. */
const settings: OutsideParts['config'] = {
  addressGuard: false,
  allowAddresses: [],
  denyAddresses: [],
  httpTimeout: seconds(30),
  dns01RecursiveNameservers: [],
  dns01RecursiveNameserversOnly: false,
  dns01PropagationTimeout: minutes(5),
  issuerAmbientCredentials: true,
  clusterIssuerAmbientCredentials: true,
}

export interface RunParts {
  readonly clock: Clock
  readonly terminal: Terminal
  readonly vault: Vault
}

export interface OpenedIssuer extends IssuerSession {
  readonly surroundings: Surroundings
  close(): Promise<void>
}

/** @returns the issuer's session, or a fault that says which setting or credential cannot work; nothing has been sent */
export async function openIssuer(
  { spec, metadata }: Issuer,
  { clock, terminal, vault }: RunParts,
): Promise<Result<OpenedIssuer, Fault>> {
  const maker = new SessionMaker({
    clock,
    http: issuerHttp({ config: settings, clock, log: terminal.logger() }),
    concurrency: 1,
  })
  const needs = maker.needs(spec)
  if (!needs.ok) return needs
  const credentials = await readCredentials(needs.value, vault)
  if (!credentials.ok) return credentials
  for (const [field, data] of credentials.value) if (field !== connectionFields.caBundle) terminal.hide(data)
  const session = maker.make(spec, {
    identity: metadata.name,
    uid: metadata.uid ?? '',
    generation: 1,
    namespace: metadata.namespace ?? '',
    scope: 'Cluster',
    credentials: credentials.value,
  })
  if (!session.ok) return session
  const outside = openSurroundings({
    config: settings,
    cluster: noCluster,
    clock,
    log: terminal.logger(),
    transport: undefined,
  })
  if (!outside.ok) return err(fault('Misconfigured', outside.error))
  return ok({
    ...session.value,
    surroundings: outside.value.surroundingsOf(session.value),
    close: async () => {
      await session.value.http.close()
      await outside.value.close()
    },
  })
}

export interface CallParts extends RunParts {
  readonly session: OpenedIssuer
  readonly board: ChallengeBoard
  readonly signal: AbortSignal
}

/** The context of every call to the enroller. */
export function contextOf({ session, clock, terminal, vault, board, signal }: CallParts): Ctx {
  // Every request under way listens, and a call may make many at a time.
  setMaxListeners(0, signal)
  return {
    now: () => clock.now(),
    told: (exchange) => terminal.exchange(exchange, clock.now()),
    http: session.http,
    signal,
    log: terminal.logger(),
    board,
    vault,
    surroundings: session.surroundings,
  }
}
