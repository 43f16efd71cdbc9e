import { describe, expect, it } from '@jest/globals'
import { readNotificationConfig } from '../../../src/notify/config.ts'
import { minutes } from '../../../src/std/time.ts'
import { unwrap } from '../../support/unwrap.ts'

const good = `
channels:
  - {name: chat, chat: {urlFile: chat-url}}
  - {name: mail, smtp: {host: mail.example.com, port: 587, from: a@example.com, to: [b@example.com]}}
routes:
  - {channels: [chat]}
  - {owners: [shop], severity: critical, channels: [mail]}
digest: {at: '07:00', channels: [mail]}
`

describe('the configuration of notifications', () => {
  it('is read, and what it leaves out is as usual', () => {
    const { rules, channels, digest } = unwrap(readNotificationConfig(good))
    expect(rules).toMatchObject({
      holdFor: minutes(5),
      routes: [{ owners: [], severity: 'warning' }, { owners: ['shop'] }],
    })
    expect(channels[1]?.smtp?.security).toBe('starttls')
    expect(digest).toEqual({ at: '07:00', channels: ['mail'] })
  })

  it.each([
    ['what is no YAML', 'a: [', /it is no YAML/],
    ['nothing', '', /expected object/i],
    ['a word that is not known', `${good}\ncolour: red`, /colour/],
    ['a channel that is not there', good.replace('channels: [chat]', 'channels: [chatt]'), /no channel called chatt/],
    ['two channels of one name', good.replace('name: mail', 'name: chat'), /two channels called chat/],
    [
      'a channel of no kind',
      good.replace(', chat: {urlFile: chat-url}', ''),
      /channels\.0 needs one of webhook, chat and smtp/,
    ],
    ['a channel without a place', good.replace('urlFile: chat-url', ''), /takes url or urlFile/],
    ['a place that is no URL', good.replace('urlFile: chat-url', 'url: "ftp://x"'), /must be a URL of http or https/],
    ['a time of day that is none', good.replace('07:00', '25:00'), /must be a time of day/],
    [
      'thresholds the wrong way',
      `${good}\nthresholds: {warning: 0.1, critical: 0.5}`,
      /critical must not be above warning/,
    ],
    ['a length of time that is none', `${good}\nholdFor: soon`, /holdFor must be a duration/],
  ])('is refused in a sentence for %s', (_words, text, sentence) => {
    expect(readNotificationConfig(text)).toEqual({ ok: false, error: expect.stringMatching(sentence) })
  })
})
