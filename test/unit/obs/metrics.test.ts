import { describe, expect, it } from '@jest/globals'
import type { CertificateSample, IssuerSample } from '../../../src/obs/meters.ts'
import { createMetrics } from '../../../src/obs/metrics.ts'
import { instant, milliseconds, seconds } from '../../../src/std/time.ts'

const web: CertificateSample = {
  namespace: 'shop',
  name: 'web',
  issuer: 'internal',
  protocol: 'est',
  ready: true,
  notBefore: instant(1_000_000),
  notAfter: instant(3_000_000),
  renewalTime: instant(2_000_000),
}

function setUp() {
  const certificates: CertificateSample[] = []
  const issuers: IssuerSample[] = []
  const metrics = createMetrics({ version: '1.2.3', certificates: () => certificates, issuers: () => issuers })
  const lines = async (start: string): Promise<string[]> =>
    (await metrics.render()).body
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(`perennial_${start}`))
  return { metrics, certificates, issuers, lines }
}

describe('createMetrics', () => {
  it('shows every Certificate as it is at the moment of the scrape', async () => {
    const { certificates, lines } = setUp()
    certificates.push(web, { namespace: 'shop', name: 'new', issuer: 'internal', protocol: 'acme', ready: false })
    const labels = '{namespace="shop",name="web",issuer="internal",protocol="est"}'
    expect(await lines('certificate_')).toEqual([
      `perennial_certificate_ready_status${labels} 1`,
      'perennial_certificate_ready_status{namespace="shop",name="new",issuer="internal",protocol="acme"} 0',
      `perennial_certificate_not_before_timestamp_seconds${labels} 1000`,
      `perennial_certificate_expiration_timestamp_seconds${labels} 3000`,
      `perennial_certificate_renewal_timestamp_seconds${labels} 2000`,
    ])
  })

  it('forgets a Certificate that was deleted', async () => {
    const { certificates, lines } = setUp()
    certificates.push(web)
    await lines('certificate_')
    certificates.pop()
    expect(await lines('certificate_')).toEqual([])
  })

  it('shows who waits for budgets, as the latest leader knows it', async () => {
    const { metrics, lines } = setUp()
    expect(await lines('issuer_budget')).toEqual([])
    const issuer = 'Issuer/shop/ca'
    const watch = (certificates: number): void =>
      metrics.watchBudgets({
        waiting: () => [{ issuer, lane: 'routine', certificates }],
        short: () => [{ issuer, certificates: 2 }],
      })
    watch(7)
    watch(8)
    expect(await lines('issuer_budget')).toEqual([
      'perennial_issuer_budget_waiting{issuer="Issuer/shop/ca",lane="routine"} 8',
      'perennial_issuer_budget_short{issuer="Issuer/shop/ca"} 2',
    ])
  })

  it('shows who is still under a CA that was replaced, by issuer and by what becomes of them', async () => {
    const issuer = { namespace: 'shop', name: 'house', protocol: 'est' }
    const replaced = () => [{ ...issuer, reissue: 'planned', certificates: 4 }]
    const metrics = createMetrics({ version: '1', certificates: () => [], issuers: () => [], replaced })
    expect((await metrics.render()).body.toString()).toContain(
      '\nperennial_issuer_replaced_ca_certificates{namespace="shop",name="house",protocol="est",reissue="planned"} 4\n',
    )
  })

  it('shows issuers and what expires of theirs', async () => {
    const { issuers, lines } = setUp()
    const credentials = [{ name: 'clientCertificate', notAfter: instant(5000) }]
    issuers.push({ namespace: '', name: 'ndes', protocol: 'scep', ready: false, credentials })
    expect(await lines('issuer_')).toEqual([
      'perennial_issuer_ready_status{namespace="",name="ndes",protocol="scep"} 0',
      'perennial_issuer_credential_expiration_timestamp_seconds{namespace="",name="ndes",protocol="scep",credential="clientCertificate"} 5',
    ])
  })

  it('has the counters of a controller at zero before anything happens', async () => {
    const { metrics, lines } = setUp()
    metrics.work('certificate')
    const zero = ['done', 'wakeAt', 'retry', 'threw', 'timedOut'].map(
      (verdict) => `perennial_reconciles_total{controller="certificate",verdict="${verdict}"} 0`,
    )
    expect(await lines('reconciles_total')).toEqual(zero)
    expect(await lines('queue_retries_total')).toEqual(['perennial_queue_retries_total{controller="certificate"} 0'])
    expect(await lines('queue_latency_seconds_count')).toEqual([
      'perennial_queue_latency_seconds_count{controller="certificate"} 0',
    ])
  })

  it('counts work, requests and issuance in seconds', async () => {
    const { metrics, lines } = setUp()
    const meter = metrics.work('certificate')
    meter.reconciled('retry', milliseconds(250))
    meter.retried()
    meter.taken(milliseconds(10))
    metrics.api.answered({ verb: 'patch', resource: 'certificates', status: 409, took: milliseconds(20) })
    metrics.issuance.ended({ namespace: 'shop', name: 'internal', protocol: 'est' }, 'refused', 'PolicyDenied')
    metrics.issuance.issued({ namespace: 'shop', name: 'internal', protocol: 'est' }, seconds(3))
    metrics.leadership(true)
    const issuer = 'issuer_namespace="shop",issuer="internal",protocol="est"'
    expect(await lines('reconcile_duration_seconds_sum')).toEqual([
      'perennial_reconcile_duration_seconds_sum{controller="certificate"} 0.25',
    ])
    expect(await lines('api_requests_total')).toEqual([
      'perennial_api_requests_total{verb="patch",resource="certificates",status="409"} 1',
    ])
    expect(await lines('issuance_outcomes_total')).toEqual([
      `perennial_issuance_outcomes_total{${issuer},outcome="refused",reason="PolicyDenied"} 1`,
    ])
    expect(await lines('issuance_duration_seconds_sum')).toEqual([
      `perennial_issuance_duration_seconds_sum{${issuer}} 3`,
    ])
    expect(await lines('leader')).toEqual(['perennial_leader 1'])
    expect(await lines('build_info')).toEqual(['perennial_build_info{version="1.2.3"} 1'])
  })

  it('asks queues for their depth at each scrape', async () => {
    const { metrics, lines } = setUp()
    let ready = 1
    metrics.watchQueue('certificate', () => ({ ready, waiting: 7, processing: 2 }))
    await lines('queue_depth')
    ready = 5
    expect(await lines('queue_depth')).toEqual([
      'perennial_queue_depth{controller="certificate",state="ready"} 5',
      'perennial_queue_depth{controller="certificate",state="waiting"} 7',
      'perennial_queue_depth{controller="certificate",state="processing"} 2',
    ])
  })

  it('shows the process and the lag of its event loop', async () => {
    const { body, contentType } = await setUp().metrics.render()
    expect(contentType).toContain('text/plain')
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      expect(body.toString()).toContain(`\n${name} `)
    }
  })

  it('escapes what would break a label', async () => {
    const { certificates, lines } = setUp()
    certificates.push({ ...web, issuer: 'a"b\nc\\' })
    expect((await lines('certificate_ready_status'))[0]).toContain('issuer="a\\"b\\nc\\\\"')
  })
})
