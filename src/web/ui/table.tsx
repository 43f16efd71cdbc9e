/** The table of certificates. What is searched, filtered and sorted by stands in the address. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { CertificateList, Row } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { save } from './client.ts'
import { Filters } from './filters.tsx'
import { counted, number } from './format.ts'
import { Badge, Heading, Link, Pending, State, When } from './parts.tsx'
import { certificateAddress, usePlace } from './place.ts'
import { titleOf, toneOf } from './words.ts'

export function Certificates(): VNode {
  const { parameters } = usePlace().place
  const asked = useAnswer<CertificateList>(`/api/certificates?${parameters.toString()}`)
  const { value } = asked
  return (
    <>
      <Heading title="Certificates">Certificates</Heading>
      <Filters facets={value?.facets ?? {}} />
      <div class="bar-above">
        <p role="status">{value === undefined ? '' : `${counted(value.total, 'certificate')} found`}</p>
        <Exports />
      </div>
      <Pending asked={asked} />
      {value && <Table list={value} isLoading={asked.isLoading} />}
      {value && <Pager list={value} />}
    </>
  )
}

function Exports(): VNode {
  const { parameters } = usePlace().place
  const [trouble, setTrouble] = useState<string>()
  const take = (format: string): void => {
    const wanted = new URLSearchParams(parameters)
    wanted.set('format', format)
    void save(`/api/certificates?${wanted.toString()}`).then(setTrouble)
  }
  return (
    <div class="buttons">
      {trouble !== undefined && <span role="alert">{trouble}</span>}
      <button type="button" onClick={() => take('csv')}>
        Save as CSV
      </button>
      <button type="button" onClick={() => take('json')}>
        Save as JSON
      </button>
    </div>
  )
}

interface Column {
  readonly title: string
  readonly sort?: string
  /** Left out where there is no room; the page of each certificate has it. */
  readonly spare?: true
}

const columns: readonly Column[] = [
  { title: 'Certificate', sort: 'name' },
  { title: 'State and findings', sort: 'severity' },
  { title: 'Expires', sort: 'expires' },
  { title: 'Renews', sort: 'renews', spare: true },
  { title: 'Names', spare: true },
  { title: 'Issuer', sort: 'issuer', spare: true },
  { title: 'Key', sort: 'key', spare: true },
  { title: 'Used by', spare: true },
]

function Table({ list, isLoading }: { readonly list: CertificateList; readonly isLoading: boolean }): VNode {
  if (list.items.length === 0)
    return (
      <p class="empty panel">
        No certificate that you may see is like that. Take back a filter above, or{' '}
        <Link href="/certificates">start anew</Link>.
      </p>
    )
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Certificates, a wide table" aria-busy={isLoading}>
      <table>
        <caption class="unseen">Certificates; the buttons in the head sort them</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {list.items.map((row) => (
            <Line key={row.id} row={row} then={list.generatedAt} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Head({ column: { title, sort, spare } }: { readonly column: Column }): VNode {
  const { place, go } = usePlace()
  const kind = spare === true ? 'spare' : undefined
  if (sort === undefined)
    return (
      <th scope="col" class={kind}>
        {title}
      </th>
    )
  const now = place.parameters.get('sort') ?? 'expires'
  const order = now === sort ? 'ascending' : now === `-${sort}` ? 'descending' : 'none'
  const turn = (): void => {
    const parameters = new URLSearchParams(place.parameters)
    parameters.set('sort', order === 'ascending' ? `-${sort}` : sort)
    parameters.delete('page')
    go(`/certificates?${parameters.toString()}`, 'replace')
  }
  return (
    <th scope="col" class={kind} aria-sort={order}>
      <button type="button" class="sort" onClick={turn}>
        {title} <span aria-hidden="true">{order === 'ascending' ? '▲' : order === 'descending' ? '▼' : ''}</span>
      </button>
    </th>
  )
}

function Line({ row, then }: { readonly row: Row; readonly then: string }): VNode {
  return (
    <tr>
      <th scope="row">
        <Link href={certificateAddress(row.id)}>{row.name}</Link>
        <span class="under place">
          {row.namespace}
          {row.kind === 'Certificate' ? '' : ` · ${row.kind}${row.entry === undefined ? '' : ` ${row.entry}`}`}
        </span>
        {row.owner !== undefined && <span class="under">of {row.owner}</span>}
      </th>
      <td class="states">
        <State of={row.state} />
        {row.findings.map((finding) => (
          <Badge key={finding} tone={toneOf(finding)}>
            {titleOf(finding)}
          </Badge>
        ))}
      </td>
      <td>
        <When at={row.expires} then={then} />
      </td>
      <td class="spare">
        <When at={row.renews} then={then} />
      </td>
      <td class="long spare">
        <Names row={row} />
      </td>
      <td class="spare">
        <Origin row={row} />
      </td>
      <td class="short spare">{row.key ?? '–'}</td>
      <td class="spare">{row.consumers.length === 0 ? <span class="none">–</span> : usedBy(row)}</td>
    </tr>
  )
}

/** The issuer in the cluster; for what was found, who signed it. */
function Origin({ row: { issuer, issuedBy, protocol } }: { readonly row: Row }): VNode {
  if (issuer === undefined) return <>{issuedBy ?? '–'}</>
  const [kind, name] = issuer.split('/')
  return (
    <>
      {name}
      <span class="under">
        {kind}
        {protocol === undefined ? '' : ` · ${protocol}`}
      </span>
    </>
  )
}

const usedBy = ({ consumers }: Row): string =>
  consumers.length > 2 ? `${consumers.length} objects` : consumers.map(({ kind, name }) => `${kind} ${name}`).join(', ')

const shownNames = 2

function Names({ row: { names, subject } }: { readonly row: Row }): VNode {
  const plain = names.map((name) => name.slice(name.indexOf(':') + 1))
  const more = plain.length - shownNames
  return (
    <>
      {plain.length === 0
        ? (subject ?? '–')
        : plain.slice(0, shownNames).map((name) => <Name key={name} text={name} />)}
      {more > 0 && <span class="under">and {more} more</span>}
    </>
  )
}

/** On a line of its own, broken behind a dot where it must be. */
const Name = ({ text }: { readonly text: string }): VNode => (
  <span class="name">
    {text.split('.').flatMap((label, index) => (index === 0 ? [label] : ['.', <wbr key={index} />, label]))}
  </span>
)

function Pager({ list: { page, size, total } }: { readonly list: CertificateList }): VNode | null {
  const { place, go } = usePlace()
  const first = (page - 1) * size + 1
  const last = Math.min(total, page * size)
  if (total <= size && page === 1) return null
  const turn = (to: number): void => {
    const parameters = new URLSearchParams(place.parameters)
    parameters.set('page', String(to))
    go(`/certificates?${parameters.toString()}`)
  }
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={page <= 1} onClick={() => turn(page - 1)}>
        Previous
      </button>
      <span>
        {number(first)} to {number(last)} of {number(total)}
      </span>
      <button type="button" disabled={last >= total} onClick={() => turn(page + 1)}>
        Next
      </button>
    </nav>
  )
}
