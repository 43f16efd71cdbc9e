import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { accountFor, readAccounts } from '../../../src/enroll/solvers/dns01/acmedns/wire.ts'
import * as azure from '../../../src/enroll/solvers/dns01/azuredns/wire.ts'
import * as google from '../../../src/enroll/solvers/dns01/clouddns/wire.ts'
import { readPage, readRecord, readZone } from '../../../src/enroll/solvers/dns01/cloudflare/wire.ts'
import { readRecords } from '../../../src/enroll/solvers/dns01/digitalocean/wire.ts'
import { readChallenge, wordsOf } from '../../../src/enroll/solvers/dns01/webhook/wire.ts'
import { readJsonObject } from '../../../src/std/json.ts'
import { instant } from '../../../src/std/time.ts'

const now = instant(Date.UTC(2026, 0, 1))

export const target: FuzzTarget = {
  about: 'JSON of DNS services: Cloudflare, Azure, Google, DigitalOcean, acme-dns, webhooks; tokens and credentials',
  form: 'text',
  longest: 16_384,
  run: (input) => {
    const accounts = readAccounts(input)
    if (accounts !== undefined) accountFor(accounts, 'www.example.com')
    google.readServiceAccount(input)
    const body = readJsonObject(input)
    if (body === undefined) return
    for (const token of [azure.readToken(body, now), google.readToken(body, now)])
      promise(token === undefined || Number.isFinite(token.expiresAt), 'a token ends at a moment')
    azure.readRecordSet(body)
    google.readZones(body, 'example.com')
    google.readRecordSets(body, '_acme-challenge.example.com')
    google.readChange(body)
    readPage(body, readZone)
    readPage(body, readRecord)
    readRecords(body)
    readChallenge(body, 'uid')
    wordsOf(body)
  },
}
