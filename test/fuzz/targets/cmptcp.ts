import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { frame, frameLength, unframe } from '../../../src/enroll/cmp/tcp.ts'
import { sameOctets, shownTo } from '../support.ts'

export const target: FuzzTarget = {
  about: 'CMP over TCP: the two framings',
  form: 'bytes',
  longest: 2048,
  run: (input) => {
    const reply = unframe(input)
    if (!reply.ok) shownTo(reply.error)
    if (reply.ok && reply.value.kind === 'error') shownTo(reply.value.text)
    for (const framing of ['RFC2510', 'Version10'] as const) {
      const framed = frame(input, framing)
      promise(frameLength(framed) === framed.length, 'a frame is as long as it says')
      const back = unframe(framed)
      promise(
        back.ok && back.value.kind === 'message' && sameOctets(back.value.bytes, input),
        'a message comes out as it was',
      )
    }
  },
}
