/** What policies say of the certificates, rule by rule. */
import type { VNode } from 'preact'
import type { PolicyReport, PolicyRow } from '../contract.ts'
import { useAnswer } from './answer.ts'
import { counted } from './format.ts'
import { Badge, Heading, Link, Pending } from './parts.tsx'
import { tableAddress } from './place.ts'

export function Policies(): VNode {
  const asked = useAnswer<PolicyReport>('/api/policies')
  return (
    <>
      <Heading title="Policies">Policies</Heading>
      <Pending asked={asked} />
      {asked.value && <Report items={asked.value.items} />}
    </>
  )
}

const titles = ['Policy', 'Mode', 'Rule', 'For example', 'Broken by'] as const

function Report({ items }: { readonly items: readonly PolicyRow[] }): VNode {
  if (items.length === 0)
    return <p class="empty">No certificate that you may see breaks a rule of a policy, or no policy selects it.</p>
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Broken rules, a wide table">
      <table>
        <caption class="unseen">Rules of policies that certificates do not keep, enforced ones first</caption>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map(({ policy, mode, rule, example, certificates }) => (
            <tr key={`${policy}/${rule}`}>
              <th scope="row">{policy}</th>
              <td>
                <Badge tone={mode === 'Enforce' ? 'warning' : 'notice'}>{mode}</Badge>
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
        </tbody>
      </table>
    </div>
  )
}
