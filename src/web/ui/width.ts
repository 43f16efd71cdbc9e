/** Whether there is room: the one question about the window that markup depends on; the rest is for the style sheet. */
import { useEffect, useState } from 'preact/hooks'

/** Where page.css draws the line too. */
const wide = '(min-width: 641px)'

/** @returns whether it is wide, and again whenever that changes */
export function useWide(): boolean {
  const [is, setIs] = useState(() => matchMedia(wide).matches)
  useEffect(() => {
    const query = matchMedia(wide)
    const changed = (): void => setIs(query.matches)
    query.addEventListener('change', changed)
    return () => query.removeEventListener('change', changed)
  }, [])
  return is
}
