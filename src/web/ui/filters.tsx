/** Search and filters. Each choice goes into the address at once; what is chosen stands below as buttons that take it back. */
import type { VNode } from 'preact'
import type { CertificateList } from '../contract.ts'
import { useWide } from './width.ts'
import { usePlace } from './place.ts'
import { titleOf } from './words.ts'

type Facets = Partial<CertificateList['facets']>

const filters = [
  { name: 'namespace', title: 'Namespace' },
  { name: 'state', title: 'State' },
  { name: 'finding', title: 'Finding' },
  { name: 'issuer', title: 'Issuer' },
  { name: 'protocol', title: 'Protocol' },
  { name: 'policy', title: 'Policy' },
  { name: 'key', title: 'Key' },
  { name: 'owner', title: 'Owner' },
  { name: 'consumer', title: 'Used by' },
  { name: 'kind', title: 'Kept in' },
] as const

const ends = [7, 30, 90] as const

/** What can be chosen elsewhere, and is taken back here. */
const chips: readonly { readonly name: string; readonly title: string }[] = [
  ...filters,
  { name: 'severity', title: 'Severity' },
  { name: 'ends-within', title: 'Ends within days' },
  { name: 'ends-after', title: 'Ends after days' },
]

const wordFor = (name: string, value: string): string =>
  name === 'finding' ? titleOf(value) : name === 'state' && value === 'found' ? 'not managed' : value

export function Filters({ facets }: { readonly facets: Facets }): VNode {
  const { place, go } = usePlace()
  const change: Change = (edit) => {
    const parameters = new URLSearchParams(place.parameters)
    edit(parameters)
    parameters.delete('page')
    const search = parameters.toString()
    go(search === '' ? '/certificates' : `/certificates?${search}`, 'replace')
  }
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        Search
        <input
          type="search"
          name="q"
          placeholder="Name, serial number, fingerprint, subject …"
          value={place.parameters.get('q') ?? ''}
          maxLength={256}
          onInput={({ currentTarget: { value } }) =>
            change((parameters) => (value === '' ? parameters.delete('q') : parameters.set('q', value)))
          }
        />
      </label>
      <Choices facets={facets} change={change} />
      <Chosen change={change} />
    </form>
  )
}

type Change = (edit: (parameters: URLSearchParams) => void) => void

/** All of them where there is room; on a telephone behind a word. */
function Choices({ facets, change }: { readonly facets: Facets; readonly change: Change }): VNode {
  const isWide = useWide()
  const add = (name: string, value: string): void =>
    change((parameters) => {
      if (value !== '' && !parameters.has(name, value)) parameters.append(name, value)
    })
  return (
    <details class="choices" open={isWide}>
      <summary>Filters</summary>
      <div class="choice-grid">
        {filters.map(({ name, title }) => (
          <Choice key={name} title={title} options={optionsOf(facets, name)} choose={(value) => add(name, value)} />
        ))}
        <Choice
          title="Ends within"
          options={ends.map((days) => ({ value: String(days), text: `${days} days` }))}
          choose={(value) => value !== '' && change((parameters) => parameters.set('ends-within', value))}
        />
      </div>
    </details>
  )
}

interface Option {
  readonly value: string
  readonly text: string
}

function optionsOf(facets: Facets, name: string): readonly Option[] {
  return (facets[name] ?? []).map(({ value, count }) => ({ value, text: `${wordFor(name, value)} (${count})` }))
}

interface ChoiceProps {
  readonly title: string
  readonly options: readonly Option[]
  readonly choose: (value: string) => void
}

function Choice({ title, options, choose }: ChoiceProps): VNode {
  return (
    <label>
      {title}
      <select
        value=""
        disabled={options.length === 0}
        onChange={(event) => {
          choose(event.currentTarget.value)
          // It offers; what is chosen stands below.
          event.currentTarget.value = ''
        }}
      >
        <option value="">Any</option>
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function Chosen({ change }: { readonly change: Change }): VNode | null {
  const { parameters } = usePlace().place
  const chosen = chips.flatMap(({ name, title }) => parameters.getAll(name).map((value) => ({ name, title, value })))
  if (chosen.length === 0) return null
  return (
    <ul class="chips" aria-label="Chosen filters">
      {chosen.map(({ name, title, value }) => (
        <li key={`${name}=${value}`}>
          <button
            type="button"
            aria-label={`Take back ${title} ${wordFor(name, value)}`}
            onClick={() => change((edited) => edited.delete(name, value))}
          >
            {title}: <strong>{wordFor(name, value)}</strong> <span aria-hidden="true">✕</span>
          </button>
        </li>
      ))}
      <li>
        <button type="button" onClick={() => change((edited) => chips.forEach(({ name }) => edited.delete(name)))}>
          Take back all
        </button>
      </li>
    </ul>
  )
}
