/** Checks Signature Version 4 from what came over the wire, as the servers of AWS do: nothing of the signer's code is used. */
import { createHash, createHmac } from 'node:crypto'
import type { SeenCall } from './service.ts'

export interface AwsKey {
  readonly id: string
  readonly secret: string
  readonly session?: string
}

const longestSkew = 15 * 60_000

const hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** @returns what is wrong with the signature: a code of AWS; undefined when nothing is */
export function signatureFault(
  call: SeenCall,
  expected: { readonly key: AwsKey; readonly region: string; readonly service: string },
): string | undefined {
  const { key, region, service } = expected
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const parts = pattern.exec(call.headers['authorization'] ?? '')
  if (parts === null) return 'IncompleteSignature'
  const [, id, day = '', ofRegion, ofService, names = '', signature] = parts
  const date = call.headers['x-amz-date'] ?? ''
  const moment = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(moment - Date.now()) < longestSkew) || !date.startsWith(day)) return 'RequestExpired'
  if (id !== key.id || call.headers['x-amz-security-token'] !== key.session) return 'InvalidClientTokenId'
  if (ofRegion !== region || ofService !== service) return 'SignatureDoesNotMatch'
  const signed = names.split(';')
  const must = ['host', 'x-amz-date', ...(key.session === undefined ? [] : ['x-amz-security-token'])]
  if (must.some((name) => !signed.includes(name)) || signed.join() !== signed.toSorted().join())
    return 'SignatureDoesNotMatch'
  return signature === signatureOf(call, { ...expected, signed, date }) ? undefined : 'SignatureDoesNotMatch'
}

function signatureOf(
  call: SeenCall,
  {
    key,
    region,
    service,
    signed,
    date,
  }: { key: AwsKey; region: string; service: string; signed: readonly string[]; date: string },
): string {
  const headers: Readonly<Record<string, string>> = { ...call.headers, host: new URL(call.origin).host }
  const query = call.rawQuery === '' ? '' : call.rawQuery.split('&').toSorted().join('&')
  const lines = signed.map((name) => `${name}:${(headers[name] ?? '').trim()}`)
  const canonical = [call.method, call.path, query, ...lines, '', signed.join(';'), hex(call.body)].join('\n')
  const day = date.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  let signing: string | Buffer = `AWS4${key.secret}`
  for (const part of [day, region, service, 'aws4_request'])
    signing = createHmac('sha256', signing).update(part).digest()
  return createHmac('sha256', signing)
    .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hex(canonical)}`)
    .digest('hex')
}
