/** One certificate: what is wrong with it, what it says, what stands above it, what happened, who uses it, what to do. */
import type { ComponentChildren, VNode } from 'preact'
import type { Detail } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { Chain, Timeline } from './story.tsx'
import { Command } from './command.tsx'
import { exactly, inPairs } from './format.ts'
import { Badge, Heading, Link, Pending, State, When } from './parts.tsx'

/** The address may be anybody's, and what is no certificate there is said by the server. */
function nameIn(id: string): string {
  try {
    return decodeURIComponent(id).split('/').slice(2).join(' ')
  } catch {
    return 'Certificate'
  }
}

/** @param id - as it stands in the address, encoded */
export function Certificate({ id }: { readonly id: string }): VNode {
  const asked = useAnswer<Detail>(`/api/certificates/${id}`)
  const name = nameIn(id)
  return (
    <>
      <p class="crumbs">
        <Link href="/certificates">Certificates</Link>
      </p>
      <Heading title={name}>{name}</Heading>
      <Pending asked={asked} />
      {asked.value && <Page detail={asked.value} />}
    </>
  )
}

function Page({ detail }: { readonly detail: Detail }): VNode {
  const { row, message, unreadable, renewCommand, unread, generatedAt } = detail
  return (
    <>
      <p class="lead">
        <State of={row.state} /> {row.kind} in namespace <strong>{row.namespace}</strong>
        {row.owner === undefined ? '' : `, of ${row.owner}`}
        {message === undefined ? '' : `: ${message}`}
      </p>
      {unreadable !== undefined && <p class="trouble">It cannot be read: {unreadable}.</p>}
      <Notes detail={detail} />
      <Findings detail={detail} />
      <Violations detail={detail} />
      <div class="columns">
        <div>
          <Facts detail={detail} />
          <Chain detail={detail} />
        </div>
        <div>
          {renewCommand !== undefined && <Command text={renewCommand} />}
          <Timeline moments={detail.timeline} then={generatedAt} />
          <Consumers detail={detail} />
        </div>
      </div>
      {unread.length > 0 && (
        <section aria-labelledby="unread">
          <h2 id="unread">Not shown</h2>
          <ul>
            {unread.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

const Notes = ({ detail: { notes } }: { readonly detail: Detail }): VNode => (
  <>
    {notes.map((note) => (
      <p key={note} class="note">
        {note}
      </p>
    ))}
  </>
)

function Findings({ detail: { findings } }: { readonly detail: Detail }): VNode | null {
  if (findings.length === 0) return null
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      <ul class="rows">
        {findings.map(({ name, severity, title, means }) => (
          <li key={name}>
            <Badge tone={severity}>{title}</Badge>
            <span class="means">{means}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Violations({ detail: { violations } }: { readonly detail: Detail }): VNode | null {
  if (violations.length === 0) return null
  return (
    <section aria-labelledby="violations">
      <h2 id="violations">What policies say</h2>
      <ul class="rows">
        {violations.map(({ policy, mode, rule, message }) => (
          <li key={`${policy}${rule}${message}`}>
            <Badge tone={mode === 'Enforce' ? 'warning' : 'notice'}>{mode}</Badge>
            <span class="means">
              <strong>{policy}</strong> <code>{rule}</code>: {message}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Facts({ detail }: { readonly detail: Detail }): VNode {
  const { row, usages, isCA, selfSigned, others, generatedAt } = detail
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">What it says</h2>
      <dl class="facts">
        <Fact name="Subject">{row.subject}</Fact>
        <Fact name="Names">{row.names.length > 0 && <NameList names={row.names} />}</Fact>
        <Fact name="Issued by">{selfSigned ? 'itself' : row.issuedBy}</Fact>
        <Fact name="Issuer">
          {row.issuer && `${row.issuer}${row.protocol === undefined ? '' : ` (${row.protocol})`}`}
        </Fact>
        <Fact name="Valid">
          {row.notBefore && row.expires && `${exactly(row.notBefore)} to ${exactly(row.expires)}`}
        </Fact>
        <Fact name="Expires">{row.expires && <When at={row.expires} then={generatedAt} />}</Fact>
        <Fact name="Chain ends">{row.chainExpires && <When at={row.chainExpires} then={generatedAt} />}</Fact>
        <Fact name="Key">{row.key}</Fact>
        <Fact name="Signature hash">{row.signatureHash}</Fact>
        <Fact name="Usages">{usages.join(', ')}</Fact>
        <Fact name="Authority">{isCA && 'It may issue certificates'}</Fact>
        <Fact name="Serial number">{row.serialNumber && <code>{row.serialNumber}</code>}</Fact>
        <Fact name="SHA-256">{row.fingerprint && <code>{inPairs(row.fingerprint)}</code>}</Fact>
        <Fact name="Secret">{row.secretName}</Fact>
        <Fact name="Entry">{row.entry}</Fact>
        <Fact name="Beside it">{others > 0 && `${others} further certificates; this one ends first`}</Fact>
        <Fact name="Owner">{row.owner}</Fact>
      </dl>
    </section>
  )
}

/** A fact that is not there is not shown. */
function Fact({ name, children }: { readonly name: string; readonly children?: ComponentChildren }): VNode | null {
  if (children === undefined || children === false || children === '') return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const NameList = ({ names }: { readonly names: readonly string[] }): VNode => (
  <ul class="plain">
    {names.map((name) => (
      <li key={name}>
        {name.slice(name.indexOf(':') + 1)} <span class="under">{name.slice(0, name.indexOf(':'))}</span>
      </li>
    ))}
  </ul>
)

function Consumers({ detail: { row } }: { readonly detail: Detail }): VNode {
  return (
    <section aria-labelledby="consumers">
      <h2 id="consumers">Who uses it</h2>
      {row.consumers.length === 0 && <p class="empty">Nobody that Perennial knows of.</p>}
      <ul class="plain">
        {row.consumers.map(({ kind, namespace, name }) => (
          <li key={`${kind}/${namespace}/${name}`}>
            {kind} <strong>{name}</strong> {namespace === row.namespace || namespace === '' ? '' : `in ${namespace}`}
          </li>
        ))}
      </ul>
    </section>
  )
}
