/** Small parts that every view uses. */
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Asked } from './answer.ts'
import { exactly, fromThen } from './format.ts'
import { usePlace } from './place.ts'

interface LinkProps {
  readonly href: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly 'aria-current'?: 'page' | undefined
}

/** A link within the page. What a browser does with other buttons and keys stays as it is. */
export function Link({ href, children, ...rest }: LinkProps): VNode {
  const { go } = usePlace()
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(href)
  }
  return (
    <a href={href} onClick={follow} {...rest}>
      {children}
    </a>
  )
}

/** The heading of a view: gets the focus when the view appears, so that a screen reader begins there. */
export function Heading({ children, title }: { readonly children: ComponentChildren; readonly title: string }): VNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Perennial`
    heading.current?.focus()
  }, [title])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}

export type Tone = 'critical' | 'warning' | 'notice' | 'good' | 'quiet'

/** Never by colour alone: a mark and the word say the same. */
const marks: Readonly<Record<Tone, string>> = { critical: '✕', warning: '!', notice: 'i', good: '✓', quiet: '·' }

export function Badge({ tone, children, title }: BadgeProps): VNode {
  return (
    <span class={`badge ${tone}`} title={title}>
      <span class="mark" aria-hidden="true">
        {marks[tone]}
      </span>
      {children}
    </span>
  )
}

interface BadgeProps {
  readonly tone: Tone
  readonly children: ComponentChildren
  readonly title?: string
}

const stateTones: Readonly<Record<string, Tone>> = {
  ready: 'good',
  failing: 'critical',
  issuing: 'warning',
  found: 'quiet',
  unknown: 'quiet',
}
const stateWords: Readonly<Record<string, string>> = { found: 'not managed' }

export const State = ({ of }: { readonly of: string }): VNode => (
  <Badge tone={stateTones[of] ?? 'quiet'}>{stateWords[of] ?? of}</Badge>
)

/** A moment, and how far it is from when the answer was made. */
export const When = ({ at, then }: { readonly at: string | undefined; readonly then: string }): VNode =>
  at === undefined ? (
    <span class="none">–</span>
  ) : (
    <time dateTime={at} title={exactly(at)}>
      {fromThen(at, then)}
    </time>
  )

/** What an answer looks like while it is not there. */
export function Pending({ asked: { trouble, value } }: { readonly asked: Asked<unknown> }): VNode | null {
  if (trouble !== undefined)
    return (
      <p class="trouble" role="alert">
        {trouble}
      </p>
    )
  return value === undefined ? (
    <p class="loading" role="status">
      Loading…
    </p>
  ) : null
}
