/** Letters over HTTP: to programs as JSON, and to chats that take Slack's incoming webhooks (Mattermost, Rocket.Chat and others). */
import type { Message } from '../domain/notify/message.ts'
import type { HttpResponse } from '../net/http.ts'
import { readJsonObject } from '../std/json.ts'
import { seconds } from '../std/time.ts'
import { readIfNamed } from './channel.ts'
import type { Channel, ChannelWorld } from './channel.ts'
import type { PlaceConfig } from './config.ts'

const timeout = seconds(15)
const maxBytes = 65_536
/** A sign-in, or a parked domain: whoever takes messages answers with no page, whatever the status says. */
const page = /^\s*<(?:!doctype\s+html|html)[\s>]/i

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
      const given = await readIfNamed(world, 'urlFile', urlFile)
      if (!given.ok) return given.error
      const url = place.url ?? given.value ?? ''
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return `${urlFile ?? 'url'} holds no URL of http or https`
      const login = await readIfNamed(world, 'authorizationFile', authorizationFile)
      if (!login.ok) return login.error
      const authorization = login.value === undefined ? {} : { authorization: login.value }
      const headers = { 'content-type': 'application/json', ...authorization }
      const request = { method: 'POST', url, headers, body: JSON.stringify(body(message)), timeout, maxBytes } as const
      const reply = await world.http.send(request, signal)
      if (!reply.ok) return reply.error.message
      return complaintAbout(reply.value, new URL(url).host)
    },
  }
}

/** As methods of Slack's API do, for one, which are no incoming webhooks: whatever is wrong, the status is 200. */
function saysNo(body: Uint8Array): boolean {
  const { ok, success } = readJsonObject(body) ?? {}
  return ok === false || success === false
}

/** Never with what the server said: it may repeat what it was told. */
function complaintAbout({ status, body }: Pick<HttpResponse, 'status' | 'body'>, host: string): string | undefined {
  if (status >= 300 && status < 400)
    return `${host} sends elsewhere (status ${status}), which is not followed: the address in the configuration must be the final one`
  if (status < 200 || status >= 300) return `${host} answered with status ${status}`
  if (saysNo(body))
    return `${host} answered with status ${status}, and that it has not taken the message ("ok" or "success" is false); is the address that of an incoming webhook?`
  const isPage = page.test(Buffer.from(body.subarray(0, 256)).toString('utf8'))
  return isPage
    ? `${host} answered with a web page, so it has hardly taken the message; is there a sign-in in front of it?`
    : undefined
}
