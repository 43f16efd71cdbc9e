/** Whoever is told of certificates in trouble: takes what the operator's webhook sends, and keeps it as a line each. */
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface Receiver {
  /** A configuration of notifications that tells it of everything. */
  readonly config: string
  /** Where the messages are, one JSON object a line. */
  readonly file: string
  stop(): Promise<void>
}

/** What is told must have stood for so long: a certificate that is being issued is no trouble. */
const holdFor = '10s'

/** @param directory - where configuration and messages lie */
export async function startReceiver(directory: string): Promise<Receiver> {
  const file = join(directory, 'alerts.jsonl')
  writeFileSync(file, '')
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      appendFileSync(file, `${Buffer.concat(chunks).toString('utf8')}\n`)
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`
  const config = join(directory, 'notifications.yaml')
  const channels = [{ name: 'demo', webhook: { url } }]
  writeFileSync(config, JSON.stringify({ holdFor, channels, routes: [{ channels: ['demo'] }] }))
  return {
    config,
    file,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
