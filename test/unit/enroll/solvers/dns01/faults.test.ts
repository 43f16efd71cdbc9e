import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../../../../src/domain/fault.ts'
import { dialect as acmedns } from '../../../../../src/enroll/solvers/dns01/acmedns/faults.ts'
import { dialect as azuredns } from '../../../../../src/enroll/solvers/dns01/azuredns/faults.ts'
import { callJson, refused } from '../../../../../src/enroll/solvers/dns01/calls.ts'
import type { Dialect, FaultRow } from '../../../../../src/enroll/solvers/dns01/calls.ts'
import { dialect as clouddns } from '../../../../../src/enroll/solvers/dns01/clouddns/faults.ts'
import { dialect as cloudflare } from '../../../../../src/enroll/solvers/dns01/cloudflare/faults.ts'
import { dialect as digitalocean } from '../../../../../src/enroll/solvers/dns01/digitalocean/faults.ts'
import { dialect as httpreq } from '../../../../../src/enroll/solvers/dns01/httpreq/faults.ts'
import type { ProviderCtx } from '../../../../../src/enroll/solvers/dns01/provider.ts'
import { dialect as route53 } from '../../../../../src/enroll/solvers/dns01/route53/faults.ts'
import { faultsByStatus, rowFor } from '../../../../../src/enroll/solvers/dns01/webhook/faults.ts'
import { silentLogger } from '../../../../../src/std/log.ts'
import { instant } from '../../../../../src/std/time.ts'

const dialects: Readonly<Record<string, Dialect>> = {
  acmedns,
  azuredns,
  clouddns,
  cloudflare,
  digitalocean,
  httpreq,
  route53,
}

const rows: readonly (readonly [string, FaultRow])[] = [
  ...Object.entries(dialects).flatMap(([name, { statuses, codes }]) =>
    [...Object.entries(statuses), ...Object.entries(codes)].map(([code, row]) => [`${name} ${code}`, row] as const),
  ),
  ...[...Object.keys(faultsByStatus), '302', '400', '422', '500', '503'].map((status): readonly [string, FaultRow] => [
    `webhook ${status}`,
    rowFor(Number(status)),
  ]),
]

describe('what providers of DNS refuse with', () => {
  it.each(rows)('%s has a cure, which names a field where a person can mend it', (_title, { code, cure }) => {
    expect(cure).toMatch(/^[a-zA-Z{].{10,}[^.]$/)
    const { about } = faultTable[code]
    if (about === 'credentials') expect(cure).toMatch(/\{field\}|token|operator|identity|ServiceAccount|API server/)
  })

  const replyOf = (status: number, body: string): ProviderCtx => ({
    now: () => instant(0),
    http: {
      send: () =>
        Promise.resolve({
          ok: true,
          value: {
            status,
            headers: new Map([['content-type', 'text/plain']]),
            all: new Map(),
            body: Buffer.from(body),
          },
        }),
    },
    dns: {
      recursive: [],
      asksAuthoritative: false,
      authoritativePort: 53,
      lookUp: () => Promise.reject(new Error('no DNS here')),
      ask: () => Promise.reject(new Error('no DNS here')),
      exchange: () => Promise.reject(new Error('no DNS here')),
    },
    cluster: { resourceNamespace: 'x', create: () => Promise.reject(new Error('no cluster here')) },
    ambient: { allowed: false, variable: () => undefined, file: () => Promise.resolve(undefined) },
    signal: new AbortController().signal,
    log: silentLogger,
  })

  const changeFor = async (dialect: Dialect, status: number, body: string) => {
    const made = { request: { method: 'GET', url: 'https://x/' } as const, purpose: 'do it', secrets: ['s3cr3t/+'] }
    const reply = await callJson({ dialect, field: 'spec.x' }, made, replyOf(status, body))
    if (reply.ok) throw new Error('it was taken')
    return refused(reply.error)
  }

  it.each(Object.entries(dialects))('%s: nobody but luck is to blame for what may pass', async (_name, dialect) => {
    for (const status of [408, 429, 500, 502, 503, 504, 302])
      expect(await changeFor(dialect, status, '')).toMatchObject({ kind: 'deferred' })
    for (const status of [401, 403]) expect(await changeFor(dialect, status, '')).toMatchObject({ kind: 'failed' })
  })

  it('what a service repeats of a secret is taken out, in every spelling', async () => {
    const secret = 's3cr3t/+'
    const spelt = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
    const change = await changeFor(httpreq, 400, `no: ${spelt.join(' ')} \u0007 ${'x'.repeat(1000)}`)
    const text = JSON.stringify(change)
    for (const one of spelt) expect(text).not.toContain(one)
    expect(text.length).toBeLessThan(500)
    expect(text).toContain('[redacted]')
    expect(text).not.toContain('\u0007')
  })
})
