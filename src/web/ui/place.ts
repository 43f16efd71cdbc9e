/** Where the page is: everything that it shows follows from the address, so that an address can be sent to somebody. */
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

export interface Place {
  /** Without the query, still encoded. */
  readonly path: string
  readonly parameters: URLSearchParams
}

export interface Walk {
  readonly place: Place
  /** @param how - `replace`: no step of its own in the browser's history */
  readonly go: (address: string, how?: 'push' | 'replace') => void
}

const here = (): Place => ({ path: location.pathname, parameters: new URLSearchParams(location.search) })

/** For the outermost part of the page alone; the others use {@link usePlace}. */
export function useWalk(): Walk {
  const [place, setPlace] = useState(here)
  useEffect(() => {
    const moved = (): void => setPlace(here())
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  const go: Walk['go'] = (address, how = 'push') => {
    if (how === 'push') history.pushState(null, '', address)
    else history.replaceState(null, '', address)
    setPlace(here())
  }
  return { place, go }
}

export const WalkContext = createContext<Walk>({
  place: { path: '/', parameters: new URLSearchParams() },
  go: () => undefined,
})

export const usePlace = (): Walk => useContext(WalkContext)

export const certificateAddress = (id: string): string =>
  `/certificates/${id.split('/').map(encodeURIComponent).join('/')}`

/** @returns the address of the table with these filters; empty ones are left out */
export function tableAddress(filters: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) parameters.append(name, String(value))
  const search = parameters.toString()
  return search === '' ? '/certificates' : `/certificates?${search}`
}
