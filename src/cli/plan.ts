/** What to do in a directory: nothing, go on, or begin; and with which key. Decided before anything is sent. */
import { keyText, sameShape } from '../domain/wanted.ts'
import type { Wish } from '../domain/wish.ts'
import type { Ticket } from '../enroll/enroller.ts'
import { generateKey } from '../pki/key.ts'
import type { PrivateKey } from '../pki/key.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { EnrollOptions } from './arguments.ts'
import type { Stock } from './folder.ts'
import type { Binding, Underway } from './resume.ts'

export type Plan =
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'impossible'; readonly message: string }
  | { readonly kind: 'resume'; readonly underway: Underway }
  /** `abandons`: the ticket of an enrollment that is given up. */
  | { readonly kind: 'begin'; readonly start: Underway; readonly abandons?: Ticket | undefined }

export interface Position {
  readonly options: Pick<EnrollOptions, 'directory' | 'renew' | 'fresh' | 'force'>
  readonly stock: Stock
  readonly binding: Binding
  readonly wish: Pick<Wish, 'wanted' | 'rotation'>
  readonly underway: Underway | undefined
}

export async function planFor(position: Position, now: Instant): Promise<Plan> {
  const obstacle = obstacleIn(position, now)
  if (obstacle !== undefined) return { kind: 'impossible', message: obstacle }
  const { underway, options, binding } = position
  if (underway !== undefined && !options.fresh) return { kind: 'resume', underway }
  const done = stillGood(position, now)
  if (done !== undefined) return { kind: 'nothing', message: done }
  const key = await keyFor(position)
  if (!key.ok) return { kind: 'impossible', message: key.error }
  const abandons = underway?.issuer === binding.issuer ? underway.ticket : undefined
  return { kind: 'begin', start: { ...binding, key: key.value, renewal: options.renew, startedAt: now }, abandons }
}

function obstacleIn(position: Position, now: Instant): string | undefined {
  const { options, stock, binding, wish } = position
  const underway = options.fresh ? undefined : position.underway
  const { directory } = options
  const foreign = wish.rotation === 'Never' ? stock.foreign.filter((file) => file !== 'tls.key') : stock.foreign
  if (foreign.length > 0 && !options.force)
    return `${directory} holds ${foreign.join(' and ')}, not written by this tool: give another directory with -o, or --force to replace it.`
  if (underway !== undefined && (underway.request !== binding.request || underway.issuer !== binding.issuer))
    return `An enrollment with other manifests is under way in ${directory}: finish it with those, or discard it with --fresh.`
  if (underway?.renewal === true && stock.current === undefined)
    return `A renewal is under way in ${directory}, but the certificate that signs it is gone: begin anew with --fresh.`
  if (!options.renew || underway !== undefined) return undefined
  if (stock.current === undefined)
    return `There is nothing to renew in ${directory}: it needs tls.key and a tls.crt that fits it; leave --renew out for the first certificate.`
  const { notAfter } = stock.current.facts
  return notAfter <= now
    ? `The certificate in ${directory} expired at ${toRfc3339(notAfter)} and cannot sign its renewal: leave --renew out.`
    : undefined
}

/** The same command twice asks the CA once. */
function stillGood({ options, stock, binding }: Position, now: Instant): string | undefined {
  const { current, answers } = stock
  if (options.renew || options.fresh || current === undefined || current.facts.notAfter <= now) return undefined
  if (answers?.request !== binding.request || answers.issuer !== binding.issuer) return undefined
  return `The certificate in ${options.directory} answers these manifests and is valid until ${toRfc3339(current.facts.notAfter)}; --renew renews it now.`
}

async function keyFor({ options, stock, wish }: Position): Promise<Result<PrivateKey, string>> {
  const { key } = stock
  if (wish.rotation === 'Always') return ok(await generateKey(wish.wanted.key))
  if (key === undefined)
    return stock.foreign.includes('tls.key') ? err(unreadable(options)) : ok(await generateKey(wish.wanted.key))
  if (sameShape(key.shape, wish.wanted.key)) return ok(key)
  return err(
    `${options.directory}/tls.key is of the kind ${keyText(key.shape)}, the Certificate wants ${keyText(wish.wanted.key)}, and its rotationPolicy Never keeps the key: change one of the three.`,
  )
}

const unreadable = ({ directory }: Position['options']): string =>
  `${directory}/tls.key cannot be read as a private key without a passphrase, and rotationPolicy Never keeps it: repair it or take it away.`
