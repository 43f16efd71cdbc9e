/**
 * Stands between a client and a server and sees bytes only: for TLS whose client certificate must reach the server, and for
 * CMP over bare TCP. What it counts is exchanges: the client speaks, the server speaks. The handshake of TLS has some of its own.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveTcp } from '../../test/support/servers.ts'
import type { Asked } from './asked.ts'
import type { Fault } from './fault.ts'
import type { Passed } from './httpproxy.ts'
import { Partition } from './partition.ts'
import type { Plan } from './plan.ts'

export interface TcpProxyOptions {
  readonly target: { readonly host: string; readonly port: number }
  readonly port?: number
  readonly plan: Plan
  /** SIGKILL to the client. */
  readonly kill: () => void
}

export interface TcpProxy {
  readonly port: number
  readonly passed: readonly Passed[]
  readonly partition: Partition
  close(): Promise<void>
}

/** A server that has said nothing for so many milliseconds has said everything. */
const quiet = 100

export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const passed: Passed[] = []
  const partition = new Partition()
  const upstreams = new Set<Socket>()
  const server = await serveTcp((client) => {
    const upstream = connect(options.target)
    upstreams.add(upstream)
    upstream.on('close', () => upstreams.delete(upstream))
    new Pipe({ client, upstream, options, passed, partition }).run()
  }, options.port ?? 0)
  return {
    port: server.port,
    passed,
    partition,
    close: async () => {
      partition.heal()
      await server.close()
      for (const upstream of upstreams) upstream.destroy()
    },
  }
}

interface Parts {
  readonly client: Socket
  readonly upstream: Socket
  readonly options: TcpProxyOptions
  readonly passed: Passed[]
  readonly partition: Partition
}

class Pipe {
  readonly #parts: Parts
  #exchanges = 0
  #isClientsTurn = true
  #current: { readonly passed: Passed; readonly fault: Fault | undefined } | undefined
  #killing: NodeJS.Timeout | undefined
  /** Bytes go on in the order in which they came, whatever each waits for. */
  #up = Promise.resolve()
  #down = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  run(): void {
    const { client, upstream } = this.#parts
    const up = (work: () => Promise<void> | void): void => void (this.#up = this.#up.then(work))
    const down = (work: () => Promise<void> | void): void => void (this.#down = this.#down.then(work))
    client.on('data', (bytes: Uint8Array) => up(() => this.#fromClient(bytes)))
    upstream.on('data', (bytes: Uint8Array) => down(() => this.#fromServer(bytes)))
    client.on('end', () => up(() => void upstream.end()))
    upstream.on('end', () => down(() => void client.end()))
    // What one side no longer hears, the other side need not say.
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => void setImmediate(() => other.end()))
  }

  #begin(): Fault | undefined {
    if (!this.#isClientsTurn) return this.#current?.fault
    this.#isClientsTurn = false
    this.#exchanges += 1
    const asked: Asked = {
      verb: 'call',
      resource: '',
      namespace: undefined,
      name: undefined,
      path: `${this.#exchanges}`,
    }
    const passed: Passed = { ...asked, status: undefined, forwarded: false }
    this.#parts.passed.push(passed)
    const { delay, fault } = this.#parts.options.plan.meet(asked)
    this.#current = { passed, fault: delay > 0 && fault === undefined ? { kind: 'delay', length: delay } : fault }
    return this.#current.fault
  }

  async #fromClient(bytes: Uint8Array): Promise<void> {
    const { client, upstream, options, partition } = this.#parts
    const fault = this.#begin()
    if (fault?.kind === 'delay') await sleep(fault.length)
    await partition.requests()
    if (fault?.kind === 'drop') return
    if (fault?.kind === 'reset' || (fault?.kind === 'kill' && fault.when === 'before')) {
      if (fault.kind === 'kill') options.kill()
      client.resetAndDestroy()
      upstream.destroy()
      return
    }
    if (this.#current !== undefined) this.#current.passed.forwarded = true
    upstream.write(bytes)
  }

  async #fromServer(bytes: Uint8Array): Promise<void> {
    const { client, options, partition } = this.#parts
    this.#isClientsTurn = true
    const fault = this.#current?.fault
    await partition.answers()
    switch (fault?.kind) {
      case 'mute':
        return
      case 'lost':
        return void client.resetAndDestroy()
      case 'truncate':
        client.write(bytes.subarray(0, fault.bytes))
        return void client.end()
      case 'kill':
        clearTimeout(this.#killing)
        this.#killing = setTimeout(() => {
          options.kill()
          client.resetAndDestroy()
        }, quiet)
        return
      default:
        client.write(bytes)
    }
  }
}
