/** How it stands at a glance: counts, when certificates end, what is wrong, and which issuers fail. */
import type { VNode } from 'preact'
import type { IssuerRow, SummaryAnswer } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { counted, number } from './format.ts'
import { Histogram } from './histogram.tsx'
import { issuerAddress } from './issuers.tsx'
import { Badge, Heading, Link, Pending, State } from './parts.tsx'
import { tableAddress } from './place.ts'

export function Overview(): VNode {
  const asked = useAnswer<SummaryAnswer>('/api/summary')
  const { value } = asked
  return (
    <>
      <Heading title="Overview">Overview</Heading>
      <Pending asked={asked} />
      {value && <Summary value={value} />}
    </>
  )
}

function Summary({ value }: { readonly value: SummaryAnswer }): VNode {
  return (
    <>
      <Unread kinds={value.unread} />
      <Counts value={value} />
      <section aria-labelledby="expiry">
        <h2 id="expiry">When certificates end</h2>
        <Histogram buckets={value.expiry} />
      </section>
      <div class="columns">
        <Findings value={value} />
        <FailingIssuers issuers={value.failingIssuers} />
      </div>
    </>
  )
}

function Unread({ kinds }: { readonly kinds: readonly string[] }): VNode | null {
  if (kinds.length === 0) return null
  return (
    <p class="trouble" role="status">
      {kinds.join('s and ')}s have not been read yet, so certificates in them are missing here. If this stays, the
      operator's role does not allow it to list and watch them: see its log.
    </p>
  )
}

interface Count {
  readonly title: string
  readonly value: number
  readonly address: string
  readonly tone?: 'critical' | 'warning' | undefined
}

function Counts({ value }: { readonly value: SummaryAnswer }): VNode {
  const { severities, states } = value
  const counts: readonly Count[] = [
    { title: 'Certificates', value: value.total, address: tableAddress({}) },
    { title: 'Ready', value: states.ready, address: tableAddress({ state: 'ready' }) },
    { title: 'Being issued', value: states.issuing, address: tableAddress({ state: 'issuing' }) },
    { title: 'Failing', value: states.failing, address: tableAddress({ state: 'failing' }), tone: 'critical' },
    { title: 'Not managed', value: value.found, address: tableAddress({ state: 'found' }) },
    {
      title: 'Critical',
      value: severities.critical,
      address: tableAddress({ severity: 'critical' }),
      tone: 'critical',
    },
    { title: 'Warnings', value: severities.warning, address: tableAddress({ severity: 'warning' }), tone: 'warning' },
  ]
  return (
    <ul class="counts" aria-label="Counts">
      {counts.map(({ title, value: count, address, tone }) => (
        <li key={title}>
          <Link href={address} class={count > 0 && tone !== undefined ? `count ${tone}` : 'count'}>
            <span class="value">{number(count)}</span> <span class="title">{title}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Findings({ value: { findings } }: { readonly value: SummaryAnswer }): VNode {
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      {findings.length === 0 && <p class="empty">Nothing is wrong with any certificate.</p>}
      <ul class="rows">
        {findings.map(({ name, title, means, severity, count }) => (
          <li key={name}>
            <Badge tone={severity}>{title}</Badge>
            <span class="means">{means}</span>
            <Link href={tableAddress({ finding: name })}>{counted(count, 'certificate')}</Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

function FailingIssuers({ issuers }: { readonly issuers: readonly IssuerRow[] }): VNode {
  return (
    <section aria-labelledby="failing-issuers">
      <h2 id="failing-issuers">Failing issuers</h2>
      {issuers.length === 0 && <p class="empty">Every issuer does its work.</p>}
      <ul class="rows">
        {issuers.map((issuer) => (
          <li key={`${issuer.kind}/${issuer.namespace}/${issuer.name}`}>
            <State of={issuer.health} />
            <span class="means">
              <strong>{issuer.name}</strong>
              {issuer.namespace === undefined ? '' : ` in ${issuer.namespace}`}
              {issuer.message === undefined ? '' : `: ${issuer.message}`}
            </span>
            <Link href={issuerAddress(issuer)}>{issuer.failing} failing</Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
