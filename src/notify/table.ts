/** The ways to reach people, by what a channel of the configuration names. */
import type { Channel, ChannelWorld } from './channel.ts'
import type { ChannelConfig } from './config.ts'
import { mail } from './mail.ts'
import { chat, webhook } from './web.ts'

export function channelFor(config: ChannelConfig, world: ChannelWorld): Channel {
  const { name } = config
  if (config.webhook !== undefined) return webhook(name, config.webhook, world)
  if (config.chat !== undefined) return chat(name, config.chat, world)
  if (config.smtp !== undefined) return mail(name, config.smtp, world)
  throw new Error(`channel ${name} is of no kind`)
}
