/** Signature Version 4 of AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHmac } from 'node:crypto'
import { sha256Hex } from '../../../../pki/hash.ts'
import type { SecretText } from '../../../../std/secret.ts'
import type { Instant } from '../../../../std/time.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: SecretText
  /** Of temporary credentials. */
  readonly sessionToken?: SecretText
}

export interface AwsRequest {
  readonly method: string
  readonly url: string
  /** All of them are signed, with `host` and the date. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AwsScope {
  readonly region: string
  readonly service: string
  readonly credentials: AwsCredentials
}

const algorithm = 'AWS4-HMAC-SHA256'

/** @returns the headers to send: those of the request, the date, the session's token, and the signature over them */
export function signedHeaders(request: AwsRequest, scope: AwsScope, now: Instant): Readonly<Record<string, string>> {
  const { region, service, credentials } = scope
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = date.slice(0, 8)
  const { sessionToken } = credentials
  const headers = {
    ...request.headers,
    'x-amz-date': date,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken.reveal() }),
  }
  const { text, names } = canonical({ ...request, headers })
  const credentialScope = `${day}/${region}/${service}/aws4_request`
  const toSign = [algorithm, date, credentialScope, sha256Hex(Buffer.from(text))].join('\n')
  const signature = hmac(signingKey(scope, day), toSign).toString('hex')
  const credential = `${credentials.accessKeyId}/${credentialScope}`
  const authorization = `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  return { ...headers, authorization }
}

function signingKey({ region, service, credentials }: AwsScope, day: string): Buffer {
  const ofDay = hmac(`AWS4${credentials.secretAccessKey.reveal()}`, day)
  return [region, service, 'aws4_request'].reduce((key, part) => hmac(key, part), ofDay)
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function canonical({ method, url, headers, body }: AwsRequest): { readonly text: string; readonly names: string } {
  const { host, pathname, searchParams } = new URL(url)
  const all = Object.entries({ ...headers, host }).map(
    ([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const,
  )
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = sorted.map(([name]) => name).join(';')
  const lines = sorted.map(([name, value]) => `${name}:${value}\n`).join('')
  const path = pathname.split('/').map(encode).join('/')
  return { text: [method, path, query(searchParams), lines, names, sha256Hex(Buffer.from(body))].join('\n'), names }
}

function query(parameters: URLSearchParams): string {
  const encoded = [...parameters].map(([name, value]) => [encode(name), encode(value)] as const)
  const sorted = encoded.toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1))
  return sorted.map(([name, value]) => `${name}=${value}`).join('&')
}

/** RFC 3986 with nothing left as it is but unreserved characters. A path comes encoded once and is encoded once more. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
