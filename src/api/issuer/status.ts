/** What Perennial tells about an issuer. */
import { z } from 'zod'
import { conditions, observedGeneration } from '../meta.ts'
import { anyObject, keyedList, text, timestamp } from '../schema.ts'
import { trustStatusMembers } from './trust.ts'

const credential = z
  .object({
    name: text(256, 'What expires, for example "CA certificate".'),
    notAfter: timestamp('When it expires.'),
  })
  .meta({ description: 'A credential of the issuer that expires.' })

export const issuerStatus = z
  .object({
    conditions: conditions.exactOptional(),
    observedGeneration: observedGeneration.exactOptional(),
    protocol: text(64, 'The protocol that is spoken with the CA.').exactOptional(),
    details: anyObject('Facts about the issuer; which ones is the affair of its protocol.').exactOptional(),
    credentials: keyedList(credential, {
      key: 'name',
      max: 32,
      description: 'Credentials of the issuer that expire, with the moment they do.',
    }).exactOptional(),
    lastProbeTime: timestamp(
      'When the issuer was last asked whether it is well, and the answer was news.',
    ).exactOptional(),
    ...trustStatusMembers,
  })
  .meta({ description: 'What Perennial found out about the issuer. Written by Perennial alone.' })
