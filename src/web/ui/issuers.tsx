/** Issuers and how they are. */
import type { VNode } from 'preact'
import type { IssuerList, IssuerRow } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { counted, number } from './format.ts'
import { Heading, Link, Pending, State, When } from './parts.tsx'
import { tableAddress } from './place.ts'

/** @returns the address of its certificates */
export const issuerAddress = ({ kind, namespace, name }: IssuerRow): string =>
  tableAddress({ issuer: `${kind}/${name}`, namespace })

export function Issuers(): VNode {
  const asked = useAnswer<IssuerList>('/api/issuers')
  return (
    <>
      <Heading title="Issuers">Issuers</Heading>
      <Pending asked={asked} />
      {asked.value && <IssuerTable list={asked.value} />}
    </>
  )
}

function IssuerTable({ list: { items, generatedAt } }: { readonly list: IssuerList }): VNode {
  if (items.length === 0) return <p class="empty">There are no issuers in the namespaces that you may see.</p>
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Issuers, a wide table">
      <table>
        <caption class="unseen">Issuers, those that fail first</caption>
        <thead>
          <tr>
            {['Issuer', 'Health', 'Protocol', 'What it said', 'Credentials end', 'Renewals', 'Certificates'].map(
              (title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {items.map((issuer) => (
            <IssuerLine key={`${issuer.kind}/${issuer.namespace}/${issuer.name}`} issuer={issuer} then={generatedAt} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface LineProps {
  readonly issuer: IssuerRow
  readonly then: string
}

function IssuerLine({ issuer, then }: LineProps): VNode {
  return (
    <tr>
      <th scope="row">
        {issuer.name}
        <span class="under">{issuer.namespace ?? issuer.kind}</span>
      </th>
      <td>
        <State of={issuer.health} />
        <span class="under">
          since <When at={issuer.since} then={then} />
        </span>
      </td>
      <td>{issuer.protocol ?? '–'}</td>
      <td class="long">
        <Said issuer={issuer} />
      </td>
      <td>
        {issuer.credentials.length === 0 && '–'}
        {issuer.credentials.map(({ name, expires }) => (
          <div key={name}>
            {name} <When at={expires} then={then} />
          </div>
        ))}
      </td>
      <td>
        <Pacing issuer={issuer} then={then} />
      </td>
      <td>
        <Link href={issuerAddress(issuer)}>{counted(issuer.certificates, 'certificate')}</Link>
        {issuer.failing > 0 && <span class="under">{issuer.failing} failing</span>}
        {issuer.replaced > 0 && <span class="under">{issuer.replaced} of a replaced CA</span>}
      </td>
    </tr>
  )
}

const Said = ({ issuer: { message, notes } }: { readonly issuer: IssuerRow }): VNode => (
  <>
    {message ?? '–'}
    {notes.map((note) => (
      <span key={note} class="under">
        {note}
      </span>
    ))}
  </>
)

/** When it may be asked for renewals, and for how many. */
function Pacing({ issuer: { window, budget, waiting }, then }: LineProps): VNode {
  if (window === undefined && budget.length === 0) return <span class="none">at any time</span>
  return (
    <>
      {window !== undefined && (
        <div>
          {window.opens <= then ? (
            <>
              window open, closes <When at={window.closes} then={then} />
            </>
          ) : (
            <>
              window opens <When at={window.opens} then={then} />
            </>
          )}
        </div>
      )}
      {budget.map(({ span, asked, limit }) => (
        <div key={span}>
          {number(Math.max(0, limit - asked))} left of {number(limit)} {span === 'hour' ? 'an hour' : 'a day'}
        </div>
      ))}
      {waiting > 0 && <span class="under">{counted(waiting, 'certificate')} in line</span>}
    </>
  )
}
