/** DNS-01 by the operator: Pebble asks BIND, an Issuer names a key for its updates, and a killed operator leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hasBind, missingBind, startBind, tsigKeys } from '../support/bind.ts'
import type { Bind } from '../support/bind.ts'
import { openChallengeWorld } from '../support/challengeworld.ts'
import type { ChallengeWorld } from '../support/challengeworld.ts'
import { until } from '../support/cluster.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

const withBind = hasBind ? describe : describe.skip

let bind: Bind
let world: ChallengeWorld

beforeAll(async () => {
  if (!hasBind) return
  bind = await startBind({ zones: ['example.test'] })
  const dnsServer = `127.0.0.1:${bind.port}`
  world = await openChallengeWorld({
    // Long enough to be killed meanwhile.
    pebble: { dnsServer, env: { PEBBLE_VA_NOSLEEP: undefined, PEBBLE_VA_SLEEPTIME: '3' } },
    flags: [`--dns01-recursive-nameservers=${dnsServer}`, '--dns01-recursive-nameservers-only=true'],
  })
  await world.ns.secret('tsig', { secret: tsigKeys.HMACSHA256.secret })
  const tsigSecretSecretRef = { name: 'tsig', key: 'secret' }
  const rfc2136 = { nameserver: dnsServer, tsigKeyName: tsigKeys.HMACSHA256.name, tsigSecretSecretRef }
  await world.issuer('dns', [{ dns01: { rfc2136 } }])
  await world.issuer('astray', [{ dns01: { rfc2136: { ...rfc2136, nameserver: servicesServer } } }])
  await world.issuer('standing', [{ dnsPersist01: {} }])
  await world.issuer('keyless', [
    { dns01: { rfc2136: { ...rfc2136, tsigSecretSecretRef: { name: 'none', key: 'x' } } } },
  ])
}, startTimeout)

afterAll(async () => {
  await world?.close()
  await bind?.stop()
}, testTimeout)

/** In the range that an API server has for Services when nobody says otherwise. */
const servicesServer = '10.0.0.53:53'

const from = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const
const record = '_acme-challenge.example.test'

withBind(`an Issuer with dns01${missingBind}`, () => {
  it(
    'gets a wildcard, and the operator that is killed meanwhile is followed by one that goes on and cleans up',
    async () => {
      await world.ns.certificate('wild', { dnsNames: ['example.test', '*.example.test'], issuerRef: from('dns') })
      await until('both values stand in DNS', async () => ((await bind.texts(record)).length === 2 ? true : undefined))
      await world.kill()
      await world.succeed()
      const { status } = await world.ns.ready('wild')
      expect(status?.enrollment).toBeUndefined()
      expect(await bind.texts(record)).toEqual([])
    },
    testTimeout,
  )

  it(
    'takes the record away again when the Certificate is deleted meanwhile',
    async () => {
      await world.ns.certificate('gone', { dnsNames: ['gone.example.test'], issuerRef: from('dns') })
      const texts = (): Promise<readonly string[]> => bind.texts('_acme-challenge.gone.example.test')
      await until('the value stands in DNS', async () => ((await texts()).length === 1 ? true : undefined))
      await world.ns.remove('certificates', 'gone')
      const left = await until('the value is gone', async () => {
        const values = await texts()
        return values.length === 0 ? values : undefined
      })
      expect(left).toEqual([])
    },
    testTimeout,
  )

  it(
    'says in its status which Secret is missing',
    async () => {
      const { message } = await world.ns.issuerTold('keyless', 'False')
      expect(message).toMatch(/tsigSecretSecretRef.*none/)
    },
    testTimeout,
  )

  it(
    'tells the person in the status of the Certificate which record to put where',
    async () => {
      await world.ns.certificate('standing', { dnsNames: ['standing.example.test'], issuerRef: from('standing') })
      const note = await until('the note', async () => {
        const text = (await world.ns.seenCertificate('standing'))?.status?.enrollment?.note ?? ''
        return /^put a TXT record/i.test(text) ? text : undefined
      })
      expect(note).toMatch(/_validation-persist\.standing\.example\.test with the value "[^"]+; accounturi=https:/)
    },
    testTimeout,
  )

  it(
    'is not led to the Services of the cluster, which it has asked for, and says which flag would let it',
    async () => {
      await world.ns.certificate('astray', { dnsNames: ['astray.example.test'], issuerRef: from('astray') })
      const told = await until('the refusal', async () => {
        const text = JSON.stringify((await world.ns.seenCertificate('astray'))?.status ?? {})
        return text.includes('may not be called') ? text : undefined
      })
      expect(told).toContain(
        'The DNS server 10.0.0.53 may not be called unless --allow-addresses of the operator names it.',
      )
    },
    testTimeout,
  )
})
