/** What people and other programs do to Certificates and Secrets, at random. */
import type { CertificateSecret } from './objects.ts'
import type { World } from './world.ts'

const secretEdits: readonly ((secret: CertificateSecret) => CertificateSecret)[] = [
  (secret) => ({ ...secret, intact: false }),
  (secret) => ({ ...secret, certificate: { kind: 'missing' }, intact: false }),
  (secret) => ({ ...secret, certificate: { kind: 'damaged', message: 'is not PEM' }, intact: false }),
  (secret) => ({ ...secret, key: { kind: 'damaged', message: 'is not PEM' }, intact: false }),
  (secret) => ({
    ...secret,
    intact: false,
    marks: { ...secret.marks, requestHash: undefined, outputsHash: undefined },
  }),
]

export function damageSecret(world: World, name: string): void {
  const secret = world.secretOf(name)
  if (secret === undefined) return
  world.note(`${name}: Secret damaged`)
  world.observer.touch(name)
  world.api.replaceSecret(world.dice.pick(secretEdits)(secret), 'user')
}

export function deleteSecret(world: World, name: string): void {
  world.note(`${name}: Secret deleted`)
  world.observer.touch(name)
  world.api.deleteSecret(world.certificate(name).spec.secretName, 'user')
}

const specEdits: readonly ((world: World, name: string) => void)[] = [
  (world, name) => world.edit(name, { dnsNames: [`${name}-${world.dice.below(5)}.example.com`] }),
  (world, name) => world.edit(name, { privateKey: { algorithm: 'ECDSA', size: world.dice.pick([256, 384]) } }),
  (world, name) => {
    const { privateKey } = world.certificate(name).spec
    world.edit(name, { privateKey: { ...privateKey, rotationPolicy: world.dice.pick(['Always', 'Never']) } })
  },
  (world, name) => world.edit(name, { secretTemplate: { labels: { edit: String(world.dice.below(100)) } } }),
]

/** One thing that one user might do. */
export function meddle(world: World, name: string): void {
  const deeds: readonly (() => void)[] = [
    () => world.dice.pick(specEdits)(world, name),
    () => world.requestRenewal(name),
    () => damageSecret(world, name),
    () => deleteSecret(world, name),
    () => world.editIssuer(),
    () => world.bump(name),
  ]
  world.dice.pick(deeds)()
}
