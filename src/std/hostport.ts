/** A TCP address to listen on. An empty host is every interface. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/**
 * @param text - `host:port`, `[IPv6]:port` or `:port`
 * @returns host (without the brackets of IPv6) and port, or undefined when it is neither
 */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]*):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) return undefined
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
}
