/** Answers to general messages (RFC 9483 section 4.3). */
import { encodeOid, encodeSequence } from '../../../src/pki/der.ts'
import { readOid } from '../../../src/pki/readder.ts'
import type { Material } from './material.ts'
import { errorBody, statusInfo } from './reply.ts'
import type { Body } from './reply.ts'
import type { CmpTroubles } from './troubles.ts'
import { algorithm, inside, integer, tagged } from './wire.ts'
import type { Message } from './wire.ts'

const ids = {
  caCerts: '1.3.6.1.5.5.7.4.17',
  rootCaKeyUpdate: '1.3.6.1.5.5.7.4.18',
  certReqTemplate: '1.3.6.1.5.5.7.4.19',
  rootCaCert: '1.3.6.1.5.5.7.4.20',
  crlStatusList: '1.3.6.1.5.5.7.4.22',
  crls: '1.3.6.1.5.5.7.4.23',
}

export function answerQuestion({ body }: Message, troubles: CmpTroubles, material: Material): Body {
  if (troubles.answersNoQuestions === true)
    return errorBody(statusInfo('rejection', { bits: [2], words: 'no questions' }))
  const [question] = inside(body)
  const [type] = inside(question)
  const oid = readOid(type, 'question')
  const answer = (id: string, ...value: readonly Uint8Array[]): Body => ({
    type: 'genp',
    content: encodeSequence(algorithm(id, ...value)),
  })
  switch (oid) {
    case ids.caCerts:
      return answer(ids.caCerts, encodeSequence(...new Set([material.ca.certificate, material.root.certificate])))
    case ids.rootCaCert:
      return answer(ids.rootCaKeyUpdate, ...rootUpdate(troubles))
    case ids.certReqTemplate:
      return answer(ids.certReqTemplate, template)
    case ids.crlStatusList:
      return answer(ids.crls, encodeSequence(encodeSequence()))
    default:
      return answer(oid)
  }
}

function rootUpdate({ nextRoot }: CmpTroubles): readonly Uint8Array[] {
  if (nextRoot === undefined) return []
  const { holder, newWithOld } = nextRoot
  return [encodeSequence(holder.certificate, ...(newWithOld === undefined ? [] : [tagged(0, newWithOld.certificate)]))]
}

/** Takes P-256 and RSA keys of 3072 bits. */
const template = encodeSequence(
  encodeSequence(),
  encodeSequence(
    encodeSequence(encodeOid('1.3.6.1.5.5.7.5.1.11'), algorithm('1.2.840.10045.2.1', encodeOid('1.2.840.10045.3.1.7'))),
    encodeSequence(encodeOid('1.3.6.1.5.5.7.5.1.12'), integer(3072)),
  ),
)
