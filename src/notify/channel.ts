/** What every way to reach people does. */
import type { Message } from '../domain/notify/message.ts'
import type { HttpClient } from '../net/http.ts'
import type { Logger } from '../std/log.ts'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

/** What of the world a channel uses. */
export interface ChannelWorld {
  readonly http: Pick<HttpClient, 'send'>
  /** @returns an address that may be called (IPv4 or IPv6), or a sentence */
  readonly addressOf: (host: string) => Promise<Result<string, string>>
  /**
   * @param setting - that names the file
   * @param path - as the configuration has it; relative to its file
   * @returns the text without white space around it, or a sentence
   */
  readonly read: (setting: string, path: string) => Promise<Result<string, string>>
  readonly log: Pick<Logger, 'warn'>
}

/** @returns undefined where the setting names no file; otherwise as {@link ChannelWorld.read} */
export const readIfNamed = async (
  world: Pick<ChannelWorld, 'read'>,
  setting: string,
  path: string | undefined,
): Promise<Result<string | undefined, string>> => (path === undefined ? ok(undefined) : world.read(setting, path))

export interface Channel {
  readonly name: string
  /** @returns a sentence about why it was not taken, free of credentials; undefined when it was */
  deliver(message: Message, signal: AbortSignal): Promise<string | undefined>
}
