/** Those who annotate Ingresses and Gateways in one namespace, and what they see come of it. */
import { X509Certificate } from 'node:crypto'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import type { Condition } from '../../src/api/meta.ts'
import { conditionOf, until } from './cluster.ts'
import type { Namespace, Seen, SeenCertificate, SeenEvent } from './cluster.ts'

type SeenGateway = Seen<{ readonly conditions?: readonly Condition[] }>

export class Askers {
  readonly #ns: Namespace

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  /** Waits until the certificate in a Secret is for exactly these names. */
  async certified(secret: string, ...names: readonly string[]): Promise<void> {
    const wanted = names.map((name) => `DNS:${name}`).join(', ')
    await this.#ns.secretWhere(secret, ({ data }) => {
      const pem = data['tls.crt']
      return pem !== undefined && new X509Certificate(pem).subjectAltName === wanted
    })
  }

  gone(name: string): Promise<true> {
    const look = async (): Promise<true | undefined> =>
      (await this.#ns.seenCertificate(name)) === undefined ? true : undefined
    return until(`Certificate ${name} is gone`, look)
  }

  event(name: string, reason: string): Promise<SeenEvent> {
    return until(`Event ${reason} on ${name}`, async () => {
      const events = await this.#ns.list<SeenEvent>('events')
      return events.find((one) => one.involvedObject.name === name && one.reason === reason)
    })
  }

  where(name: string, fits: (spec: CertificateSpec, seen: SeenCertificate) => boolean): Promise<SeenCertificate> {
    return until(`Certificate ${name} as expected`, async () => {
      const seen = await this.#ns.seenCertificate(name)
      return seen !== undefined && fits(seen.spec as CertificateSpec, seen) ? seen : undefined
    })
  }

  async gateway(name: string): Promise<SeenGateway | undefined> {
    return (await this.#ns.list<SeenGateway>('gateways')).find(({ metadata }) => metadata.name === name)
  }

  /** Our condition in the status of a Gateway. */
  async told(name: string): Promise<Condition | undefined> {
    return conditionOf(await this.gateway(name), 'perennial.dev/Accepted')
  }
}
