import { describe, expect, it } from '@jest/globals'
import type { Secret } from '../../../../src/api/meta.ts'
import type { KnownEntries } from '../../../../src/controllers/certificate/projection.ts'
import { SecretsInWriting } from '../../../../src/controllers/certificate/writing.ts'

const publicKeyHash = 'a'.repeat(64)
const known: KnownEntries = {
  data: { 'tls.key': 'cmVhZCBieSBub2JvZHk=' },
  key: { shape: { algorithm: 'ECDSA', size: 256 }, encoding: 'PKCS8', publicKeyHash },
}

const secret = (key: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'web-next', namespace: 'team', labels: { 'perennial.dev/managed': 'next-key' } },
  data: { 'tls.key': key },
})

const pendingKey = (writing: SecretsInWriting, key: string): unknown => {
  const projection = writing.project(secret(key))
  return projection.role === 'next-key' ? projection.pending.key : 'not a pending key'
}

describe('a Secret that the watch brings while it is being written', () => {
  it('is known without being read, if it holds what was written', async () => {
    const writing = new SecretsInWriting()
    const seen = await writing.during('team/web-next', known, () =>
      Promise.resolve([pendingKey(writing, 'cmVhZCBieSBub2JvZHk='), pendingKey(writing, 'c29tZXRoaW5nIGVsc2U=')]),
    )
    expect(seen).toEqual([known.key, undefined])
  })

  it('is read when the write has ended, well or not', async () => {
    const writing = new SecretsInWriting()
    await writing.during('team/web-next', known, () => Promise.resolve())
    expect(pendingKey(writing, 'cmVhZCBieSBub2JvZHk=')).toBeUndefined()
    const failed = writing.during('team/web-next', known, () => Promise.reject(new Error('refused')))
    await expect(failed).rejects.toThrow('refused')
    expect(pendingKey(writing, 'cmVhZCBieSBub2JvZHk=')).toBeUndefined()
  })
})
