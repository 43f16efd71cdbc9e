import type { HttpClient, HttpResponse } from '../../src/net/http.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { readSigner } from '../../src/pki/signer.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { days, plus } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'
import { someCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { plainWish } from './harness.ts'
import type { Harness, Trouble } from './harness.ts'
import { paper } from './paper.ts'
import type { PaperOrder, PaperSpec } from './paper.ts'
import { contractSuite } from './suite.ts'

const token = 'paper-token-9f8e7d6c5b4a'

/** Answers the first look at an order with "not yet", the second with the certificate. */
class PaperCa implements HttpClient {
  readonly #ca: CaMaterial
  readonly #start: Instant
  readonly #orders = new Map<string, { readonly order: PaperOrder; looks: number; certificate?: Der }>()
  readonly revoked: string[] = []
  trouble: Trouble | undefined

  constructor(ca: CaMaterial, start: Instant) {
    this.#ca = ca
    this.#start = start
  }

  get issued(): number {
    return [...this.#orders.values()].filter(({ certificate }) => certificate !== undefined).length
  }

  async send({ method, url, headers, body }: Parameters<HttpClient['send']>[0]): ReturnType<HttpClient['send']> {
    const [kind, id = ''] = new URL(url).pathname.slice(1).split('/')
    if (headers?.['authorization'] !== `Bearer ${token}`) return answer(401)
    if (kind === 'health') return answer(200, Buffer.from('paper'))
    if (kind === 'revoke') return answer(this.revoked.push(id) > 0 ? 200 : 500)
    if (method === 'GET') return this.#look(id)
    if (!this.#orders.has(id)) this.#orders.set(id, { order: JSON.parse(String(body)) as PaperOrder, looks: 0 })
    return answer(202)
  }

  async #look(id: string): ReturnType<HttpClient['send']> {
    const entry = this.#orders.get(id)
    if (entry === undefined) return answer(404)
    if (this.trouble === 'refuses') return answer(403)
    if (entry.looks++ === 0) return answer(202)
    entry.certificate ??= await this.#sign(entry.order)
    return answer(200, entry.certificate)
  }

  #sign({ names, publicKey }: PaperOrder): Promise<Der> {
    const signer = readSigner(this.#ca)
    if (!signer.ok) throw new Error(signer.error)
    const asked = asDer(Buffer.from(publicKey, 'base64'))
    return issueCertificate({
      wanted: { ...plainWish, names },
      publicKey: this.trouble === 'answersForAnotherKey' ? this.#ca.key.publicKey : asked,
      signer: signer.value,
      notBefore: this.#start,
      notAfter: plus(this.#start, days(1)),
    })
  }
}

function answer(status: number, body: Uint8Array = new Uint8Array()): Awaited<ReturnType<HttpClient['send']>> {
  const value: HttpResponse = { status, headers: new Map(), all: new Map(), body }
  return { ok: true, value }
}

const harness: Harness<PaperSpec> = {
  factory: paper,
  overNetwork: true,
  troubles: ['refuses', 'answersForAnotherKey'],
  wishes: { 'one DNS name': plainWish },
  open: async (start) => {
    const fake = new PaperCa(await someCa('Paper CA'), start)
    return {
      spec: { url: 'https://ca.test', tokenSecret: 'paper-token' },
      credentials: new Map([['spec.paper.tokenSecret', { token: Buffer.from(token) }]]),
      http: fake,
      become: (trouble) => {
        fake.trouble = trouble
      },
      issued: () => fake.issued,
      revoked: () => fake.revoked,
      secrets: [token],
      close: () => Promise.resolve(),
    }
  },
}

contractSuite(harness)
