import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readClientHello } from '../../../src/net/clienthello.ts'
import { samePlain } from '../support.ts'

export const target: FuzzTarget = {
  about: 'ClientHello: what a TLS client asks the tls-alpn-01 responder',
  form: 'bytes',
  longest: 20_000,
  run: (input) => {
    const whole = readClientHello(input)
    if (input.length > 2000) return
    // What has arrived so far decides nothing that more octets would undo, unless they are no TLS.
    for (const end of [1, 5, 9, input.length >> 1, input.length - 1].filter((at) => at >= 0 && at < input.length)) {
      const part = readClientHello(input.subarray(0, end))
      if (part.kind === 'bad') promise(whole.kind === 'bad', 'what is bad stays bad')
      if (part.kind === 'hello' && whole.kind === 'hello') samePlain(part, whole, 'a greeting')
    }
  },
}
