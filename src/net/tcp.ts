/** One request and its reply over bare TCP. */
import { connect, isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Duration } from '../std/time.ts'
import { unlessAllowed } from './address.ts'
import type { AddressCheck } from './address.ts'
import { failureOf } from './failure.ts'
import type { HttpFailure, TcpExchange, TcpRequest } from './http.ts'

export interface TcpOptions {
  readonly lookup: LookupFunction
  readonly mayCall: AddressCheck
  /** For the whole exchange. */
  readonly total: Duration
  readonly clock: Clock
}

const defaultMaxBytes = 1024 * 1024

export const tcpExchange =
  ({ lookup, mayCall, total, clock }: TcpOptions): TcpExchange =>
  async (request, parent) => {
    const { host, port } = request
    const place = `${host}:${port}`
    if (isIP(host) !== 0 && !mayCall(host))
      return err({
        kind: 'forbiddenAddress',
        message: `${place} may not be called ${unlessAllowed}.`,
      })
    const deadline = startDeadline({ clock, length: total, sentence: 'deadline', parent })
    const socket = connect({ host, port, lookup })
    try {
      return await talk(socket, request, deadline.signal)
    } catch (error) {
      if (!deadline.signal.aborted) return err(failureOf(place, error))
      return deadline.passed()
        ? err({ kind: 'timedOut', message: `${place} did not finish its answer within ${total / 1000} s.` })
        : err({ kind: 'aborted', message: `The request to ${place} was given up.` })
    } finally {
      deadline.end()
      socket.destroy()
    }
  }

function talk(socket: Socket, request: TcpRequest, signal: AbortSignal): Promise<Result<Uint8Array, HttpFailure>> {
  const { host, data, lengthOf, maxBytes = defaultMaxBytes } = request
  let received = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    socket.once('error', reject)
    socket.once('connect', () => socket.write(data))
    socket.once('end', () =>
      resolve(err({ kind: 'malformed', message: `${host} closed the connection before its reply was complete.` })),
    )
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = lengthOf(received)
      if ((length ?? received.length) > maxBytes)
        resolve(err({ kind: 'tooLarge', message: `${host} sent more than the ${maxBytes} bytes that are read.` }))
      else if (length !== undefined && received.length >= length) resolve(ok(received.subarray(0, length)))
    })
  })
}
