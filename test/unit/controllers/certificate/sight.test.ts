import { describe, expect, it } from '@jest/globals'
import type { CertificateStatus } from '../../../../src/api/certificate.ts'
import type { Secret } from '../../../../src/api/meta.ts'
import { isSeenLate } from '../../../../src/controllers/certificate/sight.ts'
import type { SecretView } from '../../../../src/domain/snapshot.ts'
import { certificateFacts } from '../../../../src/pki/certificate.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import { days, minus, minutes, plus } from '../../../../src/std/time.ts'
import { someCa } from '../../../support/ca-material.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { at, baseSpec, factsOf, now, secretOf, secretWith, snapshotOf } from '../../domain/snapshots.ts'

const { fingerprint, notBefore } = factsOf()
const told: CertificateStatus = { fingerprintSHA256: fingerprint, notBefore: at(notBefore) }
const later: CertificateStatus = { fingerprintSHA256: 'f-BB', notBefore: at(minus(now, minutes(1))) }

/** What lies on the API server under the name of the Secret; undefined: nothing. */
const live = (resourceVersion: string, label = 'certificate'): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'team', name: 'web-tls', resourceVersion, labels: { 'perennial.dev/managed': label } },
})

async function look(status: CertificateStatus, secret: SecretView | undefined, lies: Secret | undefined) {
  const asked: string[] = []
  const certificate = {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { namespace: 'team', name: 'web' },
    spec: baseSpec,
  }
  const snapshot = { ...snapshotOf({ status }), secret }
  const read = (namespace: string, name: string): Promise<Secret | undefined> => {
    asked.push(`${namespace}/${name}`)
    return Promise.resolve(lies)
  }
  const isLate = await isSeenLate({ snapshot, certificate, secret }, { read }, new AbortController().signal)
  return { isLate, asked }
}

describe('a status that tells of what is seen in the Secret, or of nothing, or of something older', () => {
  it.each([
    { name: 'the same', status: told, secret: secretOf() },
    { name: 'nothing', status: {}, secret: secretOf() },
    { name: 'nothing, and no Secret', status: {}, secret: undefined },
    {
      name: 'the one before: the process ended between Secret and status',
      status: told,
      secret: secretWith({ fingerprint: 'f-BB', notBefore: plus(notBefore, days(5)) }),
    },
    { name: 'what is damaged now', status: told, secret: secretOf({ certificate: { kind: 'missing' } }) },
  ])('asks nobody: $name', async ({ status, secret }) => {
    expect(await look(status, secret, undefined)).toEqual({ isLate: false, asked: [] })
  })
})

describe('a status that tells of a later certificate than the Secret that is seen', () => {
  it.each([
    { name: 'has it waited for', lies: live('8'), isLate: true },
    {
      name: 'is followed where the Secret is as it is seen: somebody put an old one back',
      lies: live('7'),
      isLate: false,
    },
    { name: 'has the news of its removal waited for', lies: undefined, isLate: true },
  ])('$name', async ({ lies, isLate }) => {
    expect(await look(later, secretOf(), lies)).toEqual({ isLate, asked: ['team/web-tls'] })
  })
})

it('a Secret in which somebody has only written beside the certificate that is seen is not seen late', async () => {
  const { certificate: der } = await someCa('web')
  const facts = unwrap(certificateFacts(der))
  const secret = secretOf({ certificate: { kind: 'ok', facts } })
  const status = { fingerprintSHA256: 'f-BB', notBefore: at(plus(facts.notBefore, days(1))) }
  const data = (pem: string): Record<string, string> => ({ 'tls.crt': Buffer.from(pem).toString('base64') })
  const same = { ...live('8'), data: data(certificatesPem([der])) }
  expect(await look(status, secret, same)).toEqual({ isLate: false, asked: ['team/web-tls'] })
  const other = { ...live('8'), data: data(certificatesPem([(await someCa('other')).certificate])) }
  expect(await look(status, secret, other)).toEqual({ isLate: true, asked: ['team/web-tls'] })
})

describe('a status that tells of a certificate where no Secret is seen', () => {
  it.each([
    { name: 'has it waited for', lies: live('8'), isLate: true },
    { name: 'is followed where there is none: somebody removed it', lies: undefined, isLate: false },
    {
      name: 'is followed where it lost its mark, and never comes by the watch',
      lies: live('8', 'none'),
      isLate: false,
    },
  ])('$name', async ({ lies, isLate }) => {
    expect(await look(told, undefined, lies)).toEqual({ isLate, asked: ['team/web-tls'] })
  })
})
