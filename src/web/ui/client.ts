/** Questions to the server. The token is kept for as long as the tab lives, and sent to nobody else. */
import type { Complaint } from '../contract.ts'

const tokenKey = 'perennial-token'

export const session = {
  token: (): string => sessionStorage.getItem(tokenKey) ?? '',
  enter: (token: string): void => sessionStorage.setItem(tokenKey, token),
  leave: (): void => sessionStorage.removeItem(tokenKey),
} as const

export type Reply<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'stranger'; readonly sentence: string }
  | { readonly kind: 'trouble'; readonly sentence: string }

/** @returns the answer, taken for what the contract says of that path; never rejects but for an aborted signal */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<Reply<T>> {
  try {
    const response = await send(path, signal)
    if (response.ok) return { kind: 'answer', value: (await response.json()) as T }
    const sentence = await sentenceOf(response)
    return { kind: response.status === 401 ? 'stranger' : 'trouble', sentence }
  } catch (error) {
    if (signal?.aborted === true) throw error
    return { kind: 'trouble', sentence: 'The server of this page does not answer. Is it still running?' }
  }
}

/** Saves an answer as a file, under the name that the server gives it. */
export async function save(path: string): Promise<string | undefined> {
  const response = await send(path)
  if (!response.ok) return sentenceOf(response)
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'certificates'
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
  return undefined
}

function send(path: string, signal?: AbortSignal): Promise<Response> {
  const token = session.token()
  return fetch(path, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
  })
}

async function sentenceOf(response: Response): Promise<string> {
  try {
    return ((await response.json()) as Complaint).error
  } catch {
    return `The server answered with status ${response.status}.`
  }
}
