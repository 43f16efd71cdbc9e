/** A command to be run at a terminal, with a button that copies it. */
import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'

export function Command({ text }: { readonly text: string }): VNode {
  const [said, setSaid] = useState('')
  const code = useRef<HTMLElement>(null)
  // Without TLS browsers have no clipboard; a marked text can be copied by keys.
  const mark = (): string => {
    if (code.current !== null) getSelection()?.selectAllChildren(code.current)
    return 'Marked: press Ctrl-C'
  }
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      setSaid(mark())
    }
  }
  return (
    <section aria-labelledby="command">
      <h2 id="command">Renew it now</h2>
      <div class="command">
        <code ref={code}>{text}</code>
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status">{said}</span>
      </div>
    </section>
  )
}
