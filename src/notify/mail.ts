/** Letters by SMTP (RFC 5321), through nodemailer. */
import { isIP } from 'node:net'
import { readIfNamed } from './channel.ts'
import type { Channel, ChannelWorld } from './channel.ts'
import type { MailConfig } from './config.ts'

/** Milliseconds for each: connecting, the greeting, and silence in between. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000 }

export function mail(name: string, config: MailConfig, world: ChannelWorld): Channel {
  return {
    name,
    deliver: async ({ subject, lines }, signal) => {
      const address = await world.addressOf(config.host)
      if (!address.ok) return address.error
      const { host, port, from, to, username, passwordFile, caFile } = config
      const ca = await readIfNamed(world, 'caFile', caFile)
      if (!ca.ok) return ca.error
      const pass = await readIfNamed(world, 'passwordFile', passwordFile)
      if (!pass.ok) return pass.error
      // Loaded with the first letter: few write letters, and it takes 9 MB.
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        ...connection(config, ca.value),
        host: address.value,
        ...(username === undefined ? {} : { auth: { user: username, pass: pass.value ?? '' } }),
      })
      try {
        const text = `${lines.join('\n\n')}\n`
        const { rejected } = await transport.sendMail({ from, to: [...to], subject, text, signal })
        // Sent again, it would come again to those who have it.
        if (rejected.length > 0)
          world.log.warn('a letter was taken, but not for everybody', {
            channel: name,
            complaint: refusal(to, rejected),
          })
        return undefined
      } catch (error) {
        return `${host}:${port} did not take the letter: ${reasonOf(error)}`
      } finally {
        transport.close()
      }
    },
  }
}

/** @param ca - PEM; undefined: the CAs of the system */
const connection = ({ host, port, security }: MailConfig, ca: string | undefined) => ({
  port,
  secure: security === 'tls',
  requireTLS: security === 'starttls',
  ignoreTLS: security === 'none',
  ...timeouts,
  // The address was looked up before; the certificate is still held to the name. No name is sent for an address (RFC 6066).
  tls: {
    minVersion: 'TLSv1.2' as const,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  },
  disableFileAccess: true,
  disableUrlAccess: true,
})

/** In the words of the configuration. */
function refusal(to: MailConfig['to'], rejected: readonly unknown[]): string {
  const refused = to.filter((address) => rejected.includes(address))
  return `the server refuses ${refused.join(', ') || `${rejected.length} of the addresses`}, so nothing comes there; correct "to", or have it accepted there`
}

/** What the server said may repeat what it was told; only codes are passed on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'for a reason it does not tell'
  const { code, responseCode } = error as Error & { readonly code?: unknown; readonly responseCode?: unknown }
  if (typeof responseCode === 'number') return `it answered with code ${responseCode}`
  return typeof code === 'string' ? (reasons[code] ?? code) : 'the connection broke'
}

const reasons: Readonly<Record<string, string>> = {
  EAUTH: 'it does not accept username and passwordFile',
  ECONNECTION: 'it cannot be reached',
  EDNS: 'its name cannot be resolved',
  EENVELOPE: 'it refuses from or to',
  ESOCKET: 'the connection broke, or its certificate is not trusted',
  ETIMEDOUT: 'it did not answer in time',
  ETLS: 'it does not offer TLS',
}
