/** Looks at a TLS-ALPN-01 answer as the CA would (RFC 8737 section 3). */
import type { PeekTls } from '../../net/tlspeek.ts'
import { provesControl } from '../../pki/proof.ts'
import { serverNameOf } from '../../std/ip.ts'
import { seconds } from '../../std/time.ts'
import { alpnProtocol } from './alpn.ts'
import type { Look } from './board.ts'

const timeout = seconds(3)
const port = 443

export function alpnLook(peek: PeekTls): Look {
  return async ({ identifier, value }, signal) => {
    const asked = { host: identifier, port, serverName: serverNameOf(identifier), protocol: alpnProtocol }
    const seen = await peek(asked, AbortSignal.any([signal, AbortSignal.timeout(timeout)]))
    if (!seen.ok) {
      // An address that we may not call says nothing about what the CA will see.
      const { kind, message } = seen.error
      return kind === 'forbiddenAddress' ? { hidden: message } : { instead: message }
    }
    const { protocol, certificate } = seen.value
    if (protocol !== alpnProtocol)
      return { instead: `port ${port} does not lead here: it does not speak ${alpnProtocol}` }
    return certificate !== undefined && provesControl(certificate, value)
      ? 'right'
      : { instead: 'it shows another certificate' }
  }
}
