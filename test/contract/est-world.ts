/** A fake EST server and a customer of it, in one time. */
import type { EstSpec } from '../../src/api/issuer/est.ts'
import type { Identity } from '../../src/enroll/enroller.ts'
import type { HttpRequest } from '../../src/net/http.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { generateKey } from '../../src/pki/key.ts'
import { readSigner } from '../../src/pki/signer.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import { caBegins, caEnds, someCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { httpTo } from '../support/est-server/serve.ts'
import type { EstTroubles } from '../support/est-server/troubles.ts'
import { certificateSecret, deviceWish, EstCustomer, loginSecret } from '../support/estcustomer.ts'
import type { SecretData } from '../support/estcustomer.ts'
import { unwrap } from '../support/unwrap.ts'

const start = instant(Date.UTC(2026, 10, 23, 12))

export const login = { username: 'device', password: 'correct-horse-battery-staple' } as const

export interface EstWorld {
  readonly fake: FakeEst
  readonly customer: EstCustomer
  readonly ca: CaMaterial
  /** As the client made them. */
  readonly requests: readonly HttpRequest[]
}

export async function estWorld(
  options: {
    readonly spec?: Partial<EstSpec>
    readonly troubles?: EstTroubles
    readonly ca?: CaMaterial
    readonly shown?: readonly Der[]
    readonly version?: 'TLSv1.2' | 'TLSv1.3'
    /** The client certificate of the spec. */
    readonly identity?: Identity
    /** Whether the spec has a password. */
    readonly withLogin?: boolean
    /** Data of further Secrets, by the field of the spec that names them. */
    readonly secrets?: Readonly<Record<string, SecretData>>
  } = {},
): Promise<EstWorld> {
  const ca = options.ca ?? (await someCa('EST CA'))
  const time = { now: () => start }
  const now = (): ReturnType<typeof time.now> => time.now()
  const requests: HttpRequest[] = []
  const fake = new FakeEst({ ca, now, ...(options.shown === undefined ? {} : { shown: options.shown }) })
  Object.assign(fake.troubles, options.troubles)
  const { identity, withLogin = false, version = 'TLSv1.3' } = options
  const customer = new EstCustomer({
    spec: {
      server: 'https://ca.test',
      caFingerprint: sha256Hex(ca.certificate),
      ...(withLogin ? { credentialsSecretRef: { name: 'login' } } : {}),
      ...(identity === undefined ? {} : { clientCertificateSecretRef: { name: 'client' } }),
      ...options.spec,
    },
    http: httpTo(fake, now, { version, watch: (request) => void requests.push(request) }),
    start,
    secrets: {
      ...(withLogin ? loginSecret(login.username, login.password) : {}),
      ...(identity === undefined ? {} : certificateSecret(identity)),
      ...options.secrets,
    },
  })
  time.now = () => customer.now
  return { fake, customer, ca, requests }
}

/** @returns somebody with a certificate of the CA */
export async function clientOf(ca: CaMaterial): Promise<Identity> {
  const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
  const leaf = await issueCertificate({
    wanted: { ...deviceWish, subject: [[{ oid: '2.5.4.3', value: 'client' }]] },
    publicKey: key.publicKey,
    signer: unwrap(readSigner(ca)),
    notBefore: caBegins,
    notAfter: caEnds,
  })
  return { chain: [leaf], key }
}

/** What was asked, with the answer's status. */
export const asked = ({ fake }: EstWorld): readonly string[] =>
  fake.seen.map(({ operation, status }) => `${operation} ${status}`)
