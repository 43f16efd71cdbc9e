/** Letters over HTTP: to programs as JSON, and to chats that take Slack's incoming webhooks (Mattermost, Rocket.Chat and others). */
import type { Message } from '../domain/notify/message.ts'
import { seconds } from '../std/time.ts'
import type { Channel, ChannelWorld } from './channel.ts'
import type { PlaceConfig } from './config.ts'

const timeout = seconds(15)
/** Replies are not read but for their status. */
const maxBytes = 65_536

export const webhook = (name: string, place: PlaceConfig, world: ChannelWorld): Channel =>
  posting({ name, place, world, body: ({ subject, notices }) => ({ version: 1, subject, notices }) })

/** https://api.slack.com/messaging/webhooks */
export const chat = (name: string, place: PlaceConfig, world: ChannelWorld): Channel =>
  posting({
    name,
    place,
    world,
    body: ({ subject, lines }) => ({ text: [`*${subject}*`, ...lines.map(escaped)].join('\n') }),
  })

/** Characters that steer Slack's mark-up. */
const escaped = (line: string): string => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

interface Posting {
  readonly name: string
  readonly place: PlaceConfig
  readonly world: ChannelWorld
  readonly body: (message: Message) => object
}

function posting({ name, place, world, body }: Posting): Channel {
  return {
    name,
    deliver: async (message, signal) => {
      const { authorizationFile, urlFile } = place
      const url = place.url ?? (urlFile === undefined ? '' : await world.read(urlFile))
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return `${urlFile ?? 'url'} holds no URL of http or https`
      const authorization =
        authorizationFile === undefined ? {} : { authorization: await world.read(authorizationFile) }
      const headers = { 'content-type': 'application/json', ...authorization }
      const request = { method: 'POST', url, headers, body: JSON.stringify(body(message)), timeout, maxBytes } as const
      const reply = await world.http.send(request, signal)
      if (!reply.ok) return reply.error.message
      const { status } = reply.value
      return status >= 200 && status < 300 ? undefined : `${new URL(url).host} answered with status ${status}`
    },
  }
}
