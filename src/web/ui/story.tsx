/** The chain of a certificate, and what happened to it. */
import type { VNode } from 'preact'
import type { Detail, Link, Moment } from '../contract.ts'
import { exactly } from './format.ts'
import { When } from './parts.tsx'

export function Chain({ detail: { row, chain, selfSigned, generatedAt } }: { readonly detail: Detail }): VNode {
  if (row.expires === undefined)
    return (
      <section aria-labelledby="chain">
        <h2 id="chain">Chain</h2>
        <p class="empty">There is no certificate to show a chain of.</p>
      </section>
    )
  return (
    <section aria-labelledby="chain">
      <h2 id="chain">Chain</h2>
      <ol class="chain">
        <li>
          <strong>{row.subject ?? row.name}</strong>
          <span class="under">
            this certificate, ends <When at={row.expires} then={generatedAt} />
          </span>
        </li>
        {chain.map((link) => (
          <Above key={link.fingerprint} link={link} then={generatedAt} />
        ))}
      </ol>
      {chain.length === 0 && !selfSigned && row.issuedBy !== undefined && (
        <p class="empty">Nothing above it lies with it: {row.issuedBy} must be known to clients.</p>
      )}
    </section>
  )
}

const Above = ({ link, then }: { readonly link: Link; readonly then: string }): VNode => (
  <li>
    <strong>{link.subject}</strong>
    <span class="under">
      {link.selfSigned ? 'root, ' : ''}
      {link.key === undefined ? '' : `${link.key}, `}
      ends <When at={link.expires} then={then} />
    </span>
  </li>
)

export function Timeline({ moments, then }: { readonly moments: readonly Moment[]; readonly then: string }): VNode {
  const next = moments.findIndex(({ at }) => at > then)
  const ahead = next < 0 ? moments.length : next
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Time line</h2>
      <ol class="timeline">
        {moments.slice(0, ahead).map((moment) => (
          <Line key={`${moment.at}${moment.title}`} moment={moment} then={then} />
        ))}
        <li class="now">
          <span>Now</span> <time dateTime={then}>{exactly(then)}</time>
        </li>
        {moments.slice(ahead).map((moment) => (
          <Line key={`${moment.at}${moment.title}`} moment={moment} then={then} />
        ))}
      </ol>
    </section>
  )
}

const Line = ({
  moment: { at, kind, title, text },
  then,
}: {
  readonly moment: Moment
  readonly then: string
}): VNode => (
  <li class={kind}>
    <strong>{title}</strong> <When at={at} then={then} />
    <span class="under">
      {exactly(at)}
      {text === undefined ? '' : ` · ${text}`}
    </span>
  </li>
)
