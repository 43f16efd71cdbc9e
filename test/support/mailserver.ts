/** A mail server that keeps what it gets: smtp-server, with TLS of a CA of this run, one user, and no mailbox of nobody's. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { tlsCa, tlsLeaf } from './tls.ts'

export interface MailServer {
  readonly port: number
  /** PEM. */
  readonly ca: string
  readonly user: { readonly name: string; readonly password: string }
  /** As they came, headers and all. */
  readonly letters: readonly string[]
  stop(): Promise<void>
}

/** @param host - that its certificate is for */
export async function startMailServer(host: string): Promise<MailServer> {
  const ca = await tlsCa('mail-ca')
  const leaf = await tlsLeaf({ ca, names: [{ type: 'dns', value: host }] })
  const user = { name: 'operator', password: 'correct-horse' }
  const letters: string[] = []
  const server = new SMTPServer({
    key: leaf.key,
    cert: leaf.certificate,
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _session, callback) => {
      if (username === user.name && password === user.password) callback(null, { user: username })
      else callback(new Error('wrong'))
    },
    onRcptTo: ({ address }, _session, callback) =>
      callback(address.startsWith('nobody@') ? new Error('no such mailbox') : null),
    onData: (stream, _session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        letters.push(Buffer.concat(chunks).toString('utf8'))
        callback()
      })
    },
  })
  // A client that does not trust it breaks the connection off.
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const stop = (): Promise<void> => new Promise((resolve) => server.close(resolve))
  return { port, ca: ca.certificate, user, letters, stop }
}
