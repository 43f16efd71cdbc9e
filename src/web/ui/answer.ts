/** Answers of the server inside components: asked for when the question changes, the last one shown until the next is there. */
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { ask } from './client.ts'

export interface Asked<T> {
  readonly value: T | undefined
  readonly trouble: string | undefined
  readonly isLoading: boolean
}

/** What everything below the frame of the page shares. */
export interface Frame {
  /** Counts up when the person asks for news. */
  readonly round: number
  /** The server does not know the person any more. */
  readonly leave: (sentence: string) => void
}

export const FrameContext = createContext<Frame>({ round: 0, leave: () => undefined })

export function useAnswer<T>(path: string): Asked<T> {
  const { round, leave } = useContext(FrameContext)
  const [asked, setAsked] = useState<Asked<T>>({ value: undefined, trouble: undefined, isLoading: true })
  useEffect(() => {
    const ending = new AbortController()
    setAsked((before) => ({ ...before, isLoading: true }))
    ask<T>(path, ending.signal).then(
      (reply) => {
        if (reply.kind === 'stranger') leave(reply.sentence)
        else if (reply.kind === 'answer') setAsked({ value: reply.value, trouble: undefined, isLoading: false })
        else setAsked({ value: undefined, trouble: reply.sentence, isLoading: false })
      },
      // Only an aborted question rejects, and nobody waits for that one.
      () => undefined,
    )
    return () => ending.abort()
  }, [path, round])
  return asked
}
