/** What can go wrong with a request between the operator and a server. */

export type Fault =
  // --- with any request
  /** It goes on so many milliseconds later. */
  | { readonly kind: 'delay'; readonly length: number }
  /** It vanishes: nobody gets it, nobody answers, the connection stays open. */
  | { readonly kind: 'drop' }
  /** It is carried out, and the answer vanishes; the connection stays open. */
  | { readonly kind: 'mute' }
  /** The connection is reset before anything is carried out. */
  | { readonly kind: 'reset' }
  /** It is carried out, and the connection is reset instead of an answer. */
  | { readonly kind: 'lost' }
  /** SIGKILL to who asks: before the request goes on, or once it is carried out and before the answer is heard. */
  | { readonly kind: 'kill'; readonly when: 'before' | 'after' }
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: string }
  // --- with the body of an answer
  | { readonly kind: 'body'; readonly form: BodyForm }
  /** It ends after so many bytes, and the connection with it. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  // --- with lists and watches
  /** A list is that of so many milliseconds ago, as far as one was seen. A watch brings each event so much later. */
  | { readonly kind: 'stale'; readonly length: number }
  /** A watch ends after so many milliseconds. */
  | { readonly kind: 'cut'; readonly length: number }
  /** A watch leaves out every n-th event. */
  | { readonly kind: 'skip'; readonly every: number }
  /** A watch ends in the middle of its n-th event. */
  | { readonly kind: 'tear'; readonly nth: number }
  /** Two neighbouring events of a watch change places. */
  | { readonly kind: 'swap' }
  /** A watch begins with 410. */
  | { readonly kind: 'gone' }
  /** A watch brings no bookmarks. */
  | { readonly kind: 'bare' }
  /** A watch begins with a bookmark of so many bytes. */
  | { readonly kind: 'bulk'; readonly bytes: number }

const bodyForms = {
  html: 'a page of HTML with status 200',
  empty: 'nothing, with status 200',
  redirect: 'a redirect to where it came from',
  drip: 'the right answer, one byte a second',
  flood: 'a gibibyte of zeros',
  bomb: 'a gibibyte of zeros, compressed',
  mislabelled: 'the right answer as text/html',
} as const

export type BodyForm = keyof typeof bodyForms

export const isBodyForm = (word: string): word is BodyForm => Object.hasOwn(bodyForms, word)

/** For the help: how each is written, and what it does. */
export const faultHelp: readonly (readonly [string, string])[] = [
  ['delay 200ms', 'goes on later'],
  ['drop', 'vanishes: not carried out, not answered, the connection stays open'],
  ['mute', 'is carried out, and the answer vanishes'],
  ['reset', 'the connection is reset, nothing is carried out'],
  ['lost', 'is carried out, and the connection is reset instead of an answer'],
  ['kill before', 'SIGKILL to the command, and nothing is carried out'],
  ['kill after', 'is carried out, then SIGKILL to the command before it hears of it'],
  ['answer 429 retry-after 5', 'gets this status instead'],
  ...Object.entries(bodyForms).map(([form, what]) => [`body ${form}`, `gets ${what}`] as const),
  ['truncate 100', 'gets the first 100 bytes of the answer'],
  ['stale 60s', 'a list is that of 60 s ago; a watch brings each event 60 s late'],
  ['cut 5s', 'a watch ends after 5 s'],
  ['skip 3', 'a watch leaves out every third event'],
  ['tear 4', 'a watch ends in the middle of its fourth event'],
  ['swap', 'events of a watch change places, two by two'],
  ['gone', 'a watch begins with 410'],
  ['bare', 'a watch brings no bookmarks'],
  ['bulk 2000000', 'a watch begins with a bookmark of so many bytes'],
]
