import type { KubeObject } from '../api/meta.ts'
import { KubeError } from './errors.ts'

/** One line of a watch. Of an object no more than its being an object is certain. */
export interface WatchEvent<T> {
  readonly type: string
  readonly object: Partial<T>
}

/** @throws KubeError when the line is no event of a watch; the line stays out of it, for it may be part of a Secret */
export function readEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const event = parse(line)
  if (typeof event === 'object' && event !== null && 'type' in event && 'object' in event)
    if (typeof event.type === 'string' && typeof event.object === 'object' && event.object !== null)
      return { type: event.type, object: event.object }
  throw new KubeError('unreadable', `the watch brought a line that is no event (${line.length} characters)`)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** @throws KubeError when it has no name */
export function named<T extends KubeObject>(object: Partial<T>): T {
  if (!isNamed(object)) throw new KubeError('unreadable', 'the watch brought an object without a name')
  return object
}

const isNamed = <T extends KubeObject>(object: Partial<T>): object is T => typeof object.metadata?.name === 'string'
