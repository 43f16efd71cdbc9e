/** `openssl cmp`, which nobody here wrote, refuses what the project's own CMP server does wrong on command. */
import { afterEach, describe, expect, it } from '@jest/globals'
import type { CmpTroubles } from '../support/cmp-server/troubles.ts'
import { OpensslCmpClient, hasOpensslCmp, newKey, skipReason, underSecret } from '../support/opensslcmpclient.ts'

const describeCmp = hasOpensslCmp ? describe : describe.skip

let client: OpensslCmpClient

afterEach(() => client.stop())

describeCmp(`openssl cmp refuses our server${skipReason}`, () => {
  it.each<readonly [string, CmpTroubles, RegExp]>([
    ['with another transaction', { wrongTransaction: true }, /transactionid unmatched/],
    ['with another nonce', { recipNonce: 'wrong' }, /recipnonce unmatched/],
    ['without a nonce', { recipNonce: 'missing' }, /recipnonce unmatched/],
    ['without protection', { protection: 'missing' }, /missing protection/],
    ['under another secret', { protection: 'wrongSecret' }, /wrong pbm value/],
    ['with protection that was spoiled', { protection: 'spoiled' }, /wrong pbm value/],
    ['with another algorithm than was used', { protection: 'otherAlgorithm' }, /wrong pbm value/],
    ['with a truncated MAC', { protection: 'truncated' }, /wrong pbm value/],
    ['with another body', { bodyAs: 'cp' }, /unexpected pkibody/],
    ['with another request number', { certReqId: 7 }, /certresponse not found/],
    ['with two answers', { responses: 2 }, /multiple responses/],
    ['with a certificate for another key', { certifies: 'otherKey' }, /does not match our enrollment key/],
    ['without the certificate', { withoutCertificate: true }, /certificate not found/],
    ['with half a message', { truncatedAt: 100 }, /inconsistent content length/],
    ['with sequences in sequences', { nested: 100 }, /nested asn1 error/],
    ['with a web page', { transport: { kind: 'html' } }, /unexpected content type/],
    ['with HTTP 503', { transport: { kind: 'status', status: 503 } }, /code=503/],
    ['with a reset', { transport: { kind: 'reset', when: 'before' } }, /failed reading data/],
    [
      'with an error to the confirmation',
      { confirmation: { status: 'rejection' } },
      /received error:PKIStatus: rejection/,
    ],
  ])('%s', async (_name, troubles, words) => {
    client = await OpensslCmpClient.start({ troubles })
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey])
    expect(run).toMatchObject({ ok: false, text: expect.stringMatching(words) })
  })
})
