/** The policies and how they stand, and what they say of the certificates, rule by rule. */
import type { VNode } from 'preact'
import type { PolicyReport, PolicyRow, PolicyStanding } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { counted, number } from './format.ts'
import { Badge, Heading, Link, Pending } from './parts.tsx'
import type { Tone } from './parts.tsx'
import { tableAddress } from './place.ts'

export function Policies(): VNode {
  const asked = useAnswer<PolicyReport>('/api/policies')
  return (
    <>
      <Heading title="Policies">Policies</Heading>
      <Pending asked={asked} />
      {asked.value && (
        <>
          <Standings policies={asked.value.policies} />
          <h2 class="table-head">Broken rules</h2>
          <Report items={asked.value.items} />
        </>
      )}
    </>
  )
}

const Mode = ({ of }: { readonly of: PolicyRow['mode'] }): VNode => (
  <Badge tone={of === 'Enforce' ? 'warning' : 'notice'}>{of}</Badge>
)

const standings: Readonly<Record<PolicyStanding['standing'], readonly [Tone, string]>> = {
  applied: ['good', 'applied'],
  wrong: ['critical', 'needs a change'],
  idle: ['warning', 'selects nothing'],
  unknown: ['quiet', 'not looked at yet'],
}

function Standings({ policies }: { readonly policies: PolicyReport['policies'] }): VNode {
  if (policies === undefined)
    return (
      <p class="empty">You may not list CertificatePolicies, so only what they say of your certificates is shown.</p>
    )
  if (policies.length === 0)
    return (
      <p class="empty panel">
        There are no policies: every certificate may be asked for. <code>kubectl explain certificatepolicy.spec</code>{' '}
        says what one can ask.
      </p>
    )
  return (
    <Wide
      name="Policies, those that need a change first"
      titles={['Policy', 'Mode', 'Standing', 'What it says', 'Selects', 'Not allowed']}
    >
      {policies.map(({ name, mode, standing, message, selected, violating }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>
            <Mode of={mode} />
          </td>
          <td>
            <Badge tone={standings[standing][0]}>{standings[standing][1]}</Badge>
          </td>
          <td class="long">{message ?? '–'}</td>
          <td>{number(selected)}</td>
          <td>{violating === 0 ? '0' : <Link href={tableAddress({ policy: name })}>{number(violating)}</Link>}</td>
        </tr>
      ))}
    </Wide>
  )
}

interface WideProps {
  readonly name: string
  readonly titles: readonly string[]
  readonly children: readonly VNode[]
}

function Wide({ name, titles, children }: WideProps): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${name}, a wide table`}>
      <table>
        <caption class="unseen">{name}</caption>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

function Report({ items }: { readonly items: readonly PolicyRow[] }): VNode {
  if (items.length === 0) return <p class="empty panel">No certificate that you may see breaks a rule of a policy.</p>
  return (
    <Wide name="Broken rules, enforced ones first" titles={['Policy', 'Mode', 'Rule', 'For example', 'Broken by']}>
      {items.map(({ policy, mode, rule, example, certificates }) => (
        <tr key={`${policy}/${rule}`}>
          <th scope="row">{policy}</th>
          <td>
            <Mode of={mode} />
          </td>
          <td>
            <code>{rule}</code>
          </td>
          <td class="long">{example}</td>
          <td>
            <Link href={tableAddress({ policy })}>{counted(certificates, 'certificate')}</Link>
          </td>
        </tr>
      ))}
    </Wide>
  )
}
