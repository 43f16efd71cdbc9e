/** The outside world of one run: the issuer's enroller and connections, and the context that its calls get. */
import { setMaxListeners } from 'node:events'
import type { Issuer } from '../api/issuer.ts'
import { connectionFields, SessionMaker } from '../controllers/issuer/session.ts'
import type { IssuerSession } from '../controllers/issuer/live.ts'
import { issuerHttp } from '../connections.ts'
import type { ConnectionSettings } from '../connections.ts'
import type { Fault } from '../domain/fault.ts'
import type { ChallengeBoard, Ctx, Vault } from '../enroll/enroller.ts'
import type { Clock } from '../std/clock.ts'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { seconds } from '../std/time.ts'
import { readCredentials } from './secrets.ts'
import type { Terminal } from './terminal.ts'

/** A person at a machine may call any address from it; the operator's guard is for clusters with several masters. */
const settings: ConnectionSettings = {
  addressGuard: false,
  allowAddresses: [],
  denyAddresses: [],
  httpTimeout: seconds(30),
}

export interface Surroundings {
  readonly clock: Clock
  readonly terminal: Terminal
  readonly vault: Vault
}

/** @returns the issuer's session, or a fault that says which setting or credential cannot work; nothing has been sent */
export async function openIssuer(
  { spec, metadata }: Issuer,
  { clock, terminal, vault }: Surroundings,
): Promise<Result<IssuerSession, Fault>> {
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
    credentials: credentials.value,
  })
  return session.ok ? ok(session.value) : session
}

export interface CallParts extends Surroundings {
  readonly session: IssuerSession
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
  }
}
