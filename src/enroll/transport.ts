/** How each failure of transport is told, whatever protocol met it. */
import { fault } from '../domain/fault.ts'
import type { Fault, FaultCode } from '../domain/fault.ts'
import type { HttpFailure } from '../net/http.ts'

export const faultsOfTransport: Readonly<Record<HttpFailure['kind'], FaultCode>> = {
  unreachable: 'Unreachable',
  aborted: 'Unreachable',
  timedOut: 'TimedOut',
  tls: 'TlsFailed',
  tooLarge: 'ReplyMalformed',
  malformed: 'ReplyMalformed',
  forbiddenAddress: 'Misconfigured',
}

export const transportFault = ({ kind, message }: HttpFailure): Fault => fault(faultsOfTransport[kind], message)
