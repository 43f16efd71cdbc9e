/** Looks at the certificate that a server shows for a name and a protocol. Nothing is said beyond the handshake. */
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { asDer } from '../std/bytes.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { compilePolicy, forbiddenCode, guardedLookup, resolveWithSystem } from './address.ts'
import type { AddressPolicy } from './address.ts'
import { failureOf } from './failure.ts'
import type { HttpFailure } from './http.ts'

export interface TlsPeek {
  /** A DNS name, or an address without brackets. */
  readonly host: string
  readonly port: number
  readonly serverName: string
  readonly protocol: string
}

export interface PeekedTls {
  /** What the server chose; undefined when it chose nothing. */
  readonly protocol: string | undefined
  readonly certificate: Der | undefined
}

export type PeekTls = (peek: TlsPeek, signal: AbortSignal) => Promise<Result<PeekedTls, HttpFailure>>

/** @returns a function that looks, at permitted addresses only; or a sentence about the policy */
export function tlsPeeker(policy: AddressPolicy): Result<PeekTls, string> {
  const mayCall = compilePolicy(policy)
  if (!mayCall.ok) return mayCall
  const lookup = guardedLookup(mayCall.value, resolveWithSystem)
  return ok(async ({ host, port, serverName, protocol }, signal) => {
    if (isIP(host) !== 0 && !mayCall.value(host))
      return err({ kind: 'forbiddenAddress', message: `${host} may not be called.` })
    if (signal.aborted) return err({ kind: 'aborted', message: `${host} was not called.` })
    const socket = connect({
      host,
      port,
      lookup,
      servername: serverName,
      ALPNProtocols: [protocol],
      // Whoever answers is judged by what the certificate proves, not by who signed it.
      rejectUnauthorized: false,
    })
    try {
      return ok(await handshake(socket, signal))
    } catch (error) {
      const failure = failureOf(`${host}:${port}`, error)
      return err(codeOf(error) === forbiddenCode ? { ...failure, kind: 'forbiddenAddress' } : failure)
    } finally {
      socket.destroy()
    }
  })
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function handshake(socket: TLSSocket, signal: AbortSignal): Promise<PeekedTls> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it took too long')), { once: true })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    socket.once('secureConnect', () => {
      const raw = socket.getPeerX509Certificate()?.raw
      const protocol = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined
      resolve({ protocol, certificate: raw === undefined ? undefined : asDer(new Uint8Array(raw)) })
    })
  })
}
