/** A fake ACME CA whose time is that of the scene, with a customer's spec. */
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import { acme } from '../../src/enroll/acme/enroller.ts'
import type { Enroller, Order } from '../../src/enroll/enroller.ts'
import { generateKey } from '../../src/pki/key.ts'
import { instant } from '../../src/std/time.ts'
import { FakeAcme } from '../support/acme-server/fake.ts'
import type { FakeAcmeOptions } from '../support/acme-server/fake.ts'
import { httpTo } from '../support/acme-server/serve.ts'
import type { AcmeTroubles } from '../support/acme-server/troubles.ts'
import { someCa } from '../support/ca-material.ts'
import { orderFor, travel } from './drive.ts'
import type { Journey } from './drive.ts'
import { plainWish, Scene } from './harness.ts'

const base = 'https://ca.test'
const start = instant(Date.UTC(2026, 10, 23, 12))

export interface AcmeWorldOptions {
  readonly spec?: Partial<AcmeSpec>
  readonly troubles?: AcmeTroubles
  readonly fake?: Partial<FakeAcmeOptions>
}

export class AcmeWorld {
  readonly fake: FakeAcme
  readonly scene: Scene<AcmeSpec>

  private constructor(fake: FakeAcme, scene: Scene<AcmeSpec>) {
    this.fake = fake
    this.scene = scene
  }

  static async open({ spec = {}, troubles = {}, fake: options = {} }: AcmeWorldOptions = {}): Promise<AcmeWorld> {
    const time = { now: () => start }
    const now = (): ReturnType<typeof time.now> => time.now()
    const fake = new FakeAcme({ base, ca: await someCa('Fake ACME CA'), now, ...options })
    Object.assign(fake.troubles, troubles)
    const scene = new Scene<AcmeSpec>(
      {
        spec: { server: `${base}/directory`, privateKeySecretRef: { name: 'account' }, ...spec },
        credentials: new Map(),
        http: httpTo(fake, now),
        become: () => undefined,
        posted: (answers) => {
          for (const { token, value } of answers) fake.answers.set(token, value)
        },
        issued: () => fake.issued,
        revoked: () => [],
        secrets: [],
        close: () => Promise.resolve(),
      },
      start,
    )
    time.now = () => scene.clock.now()
    return new AcmeWorld(fake, scene)
  }

  /** The enroller of a process that has just started, perhaps with another spec. */
  enroller(spec: Partial<AcmeSpec> = {}): Enroller {
    const made = acme.create({ ...this.scene.world.spec, ...spec }, this.scene.world.credentials)
    if ('code' in made) throw new Error(made.message)
    return made
  }

  async order(more: Partial<Order> = {}): Promise<Order> {
    const { wanted = plainWish } = more
    return { ...orderFor(wanted, await generateKey(wanted.key)), ...more }
  }

  /** From order to the outcome that is neither pending nor deferred. */
  async travel(more: Partial<Order> = {}): Promise<Journey> {
    const enroller = this.enroller()
    return travel({ scene: this.scene, order: await this.order(more), next: () => enroller })
  }

  /** How often something was asked for, for example `POST /order`. */
  count(request: string): number {
    return this.fake.requests.filter((one) => one === request).length
  }
}
