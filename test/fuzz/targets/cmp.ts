import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readCertRep, readPollRep, readRevocation } from '../../../src/enroll/cmp/certrep.ts'
import { answerOf, countCrls, readCaCerts, readRootUpdate, readTemplate } from '../../../src/enroll/cmp/general.ts'
import { infoTypes } from '../../../src/enroll/cmp/header.ts'
import { readMessage } from '../../../src/enroll/cmp/message.ts'
import type { Received } from '../../../src/enroll/cmp/message.ts'
import { readError, statusWords } from '../../../src/enroll/cmp/status.ts'
import { signerOfReply } from '../../../src/enroll/cmp/trust.ts'
import { openEncryptedValue } from '../../../src/enroll/cmp/encryptedvalue.ts'
import { instant } from '../../../src/std/time.ts'
import { holderOf, shownTo, unlessMalformed } from '../support.ts'

const { key, certificate } = holderOf('rsa')

/** Whatever the body is called, its content may be anything. */
function readBody({ content }: Received): void {
  const rep = unlessMalformed(() => readCertRep(content))
  for (const { status, certReqId, privateKey } of rep?.responses.slice(0, 10) ?? []) {
    shownTo(statusWords(status))
    promise(Number.isSafeInteger(certReqId), 'the number of a request can be counted with')
    if (privateKey !== undefined) openEncryptedValue(privateKey, key)
  }
  const poll = unlessMalformed(() => readPollRep(content))
  if (poll !== undefined) promise(Number.isSafeInteger(poll.checkAfter), 'a time to wait can be counted with')
  for (const read of [readRevocation, readError]) {
    const status = unlessMalformed(() => read(content))
    if (status !== undefined) shownTo(statusWords(status))
  }
}

function readAnswers({ content }: Received): void {
  for (const type of Object.values(infoTypes)) {
    const answer = answerOf(content, type)
    const value = answer.ok ? answer.value : undefined
    readCaCerts(value)
    readRootUpdate(value, certificate)
    countCrls(value)
    promise(!JSON.stringify(readTemplate(value)).includes('Infinity'), 'a key has a size')
  }
}

export const target: FuzzTarget = {
  about: 'PKIMessages of CMP: header, every body, protection by signature, general messages',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    const message = readMessage(input)
    if (!message.ok) return shownTo(message.error)
    readBody(message.value)
    readAnswers(message.value)
    const { protectionAlg } = message.value.header
    if (protectionAlg === undefined) return
    const trusted = { anchors: [certificate], signerFingerprint: undefined, seen: [] }
    unlessMalformed(() => signerOfReply(message.value, protectionAlg, { trusted, now: instant(0) }))
  },
}
