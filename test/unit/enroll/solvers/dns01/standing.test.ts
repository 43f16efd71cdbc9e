import { describe, expect, it } from '@jest/globals'
import { awaitStanding } from '../../../../../src/enroll/solvers/dns01/standing.ts'
import type { Presence } from '../../../../../src/enroll/challenge.ts'
import { instant, minutes, plus } from '../../../../../src/std/time.ts'
import { FakeDns } from '../../../../support/fakedns.ts'
import { lonelyCtx } from '../../../../support/lonelyctx.ts'

const now = instant(1_800_000_000_000)
const name = '_validation-persist.www.example.com'
const plain = 'ca.test; accounturi=https://ca.test/acct/1'
const wildcard = `${plain}; policy=wildcard`

function presenceOf(wanted: string, texts: readonly string[]): Promise<Presence> {
  const dns = new FakeDns()
  dns.zones.set('example.com', ['ns1.example.com'])
  dns.texts.set(name, texts)
  const ctx = lonelyCtx(now)
  return awaitStanding({ name, value: wanted }, { ...ctx, surroundings: { ...ctx.surroundings, dns } })
}

describe('a record that a person puts into DNS once', () => {
  it.each([
    ['as it was asked for', plain, plain],
    ['written closely', plain, 'ca.test;accounturi=https://ca.test/acct/1'],
    ['with spaces and another case', plain, '  CA.test ; AccountURI = https://ca.test/acct/1 '],
    ['for wildcards although a name is enough', plain, wildcard],
    ['for wildcards in another case', wildcard, `${plain}; policy=WILDCARD`],
    ['that ends later', plain, `${plain}; persistUntil=1800000001`],
    ['with parameters of the future', plain, `${plain}; colour=green`],
  ])('counts when it stands there %s', async (_how, wanted, text) => {
    expect(await presenceOf(wanted, ['unrelated', text])).toEqual({ kind: 'ready' })
  })

  it.each([
    ['nothing', plain, undefined],
    ['another CA', plain, 'other.test; accounturi=https://ca.test/acct/1'],
    ['another account', plain, 'ca.test; accounturi=https://ca.test/acct/2'],
    ['no account', plain, 'ca.test'],
    ['only the name where a wildcard is wanted', wildcard, plain],
    ['an end that has passed', plain, `${plain}; persistUntil=1800000000`],
    ['an end that is no number', plain, `${plain}; persistUntil=tomorrow`],
  ])('is waited for, with what to put where, when there is %s', async (_what, wanted, text) => {
    expect(await presenceOf(wanted, text === undefined ? [] : [text])).toEqual({
      kind: 'waiting',
      wakeAt: plus(now, minutes(2)),
      note: `put a TXT record at ${name} with the value "${wanted}"; it may stay there for ever. So far: ns1.example.com does not serve the TXT record of ${name} yet`,
    })
  })
})
