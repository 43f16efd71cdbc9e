/** ACME behind the contract: RFC 8555, RFC 8738, RFC 9773. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault, FaultCode } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { InferredAuthority } from '../authorities.ts'
import type {
  CredentialNeed,
  Credentials,
  Ctx,
  Enroller,
  Identity,
  IssuerDetails,
  Order,
  Outcome,
  ProtocolFactory,
  Readiness,
  Revocable,
  RevocationReason,
  RevokeOutcome,
  Ticket,
  Traits,
} from '../enroller.ts'
import { openAccount, settleContact } from './account.ts'
import type { Account } from './account.ts'
import { loadAccountKey, wantsNewKey } from './accountkey.ts'
import { renewalAdvice } from './ari.ts'
import { withCaaRecord } from './caa.ts'
import { topOf } from './chain.ts'
import { AcmeClient } from './client.ts'
import { readExternalAccount } from './eab.ts'
import type { ExternalAccount } from './eab.ts'
import { takeDown } from './desk.ts'
import type { Desk } from './desk.ts'
import { dnsNeeds, dnsSolver } from './dns.ts'
import type { DnsSolver } from './dns.ts'
import type { JwsKey } from './jws.ts'
import { beginOrder } from './neworder.ts'
import { continueOrder, giveUpOrder } from './order.ts'
import { failureOutcome } from './outcomes.ts'
import { failure } from './reply.ts'
import type { AcmeFailure, Answer } from './reply.ts'
import { revokeCertificate } from './revoke.ts'
import { rollOver } from './rollover.ts'
import type { Directory } from './wire.ts'

const traits: Traits = {
  inProcess: false,
  renewsWithCurrent: false,
  revokes: true,
  serverKeys: false,
  lifetime: 'advisory',
}

const bindingField = 'spec.acme.externalAccountBinding.keySecretRef'

export const acme: ProtocolFactory<AcmeSpec> = {
  protocol: 'acme',
  needs: (spec): readonly CredentialNeed[] => [
    // The account key is read through the vault, which also makes it; it is named here so that a change of it is noticed.
    { field: 'spec.acme.privateKeySecretRef', secretName: spec.privateKeySecretRef.name, keys: [], optional: true },
    ...bindingNeeds(spec),
    ...dnsNeeds(spec),
  ],
  create: (spec, credentials) => {
    const external = externalAccount(spec, credentials)
    const dns = dnsSolver(spec, credentials)
    if (!external.ok) return external.error
    return dns.ok ? new AcmeEnroller(spec, external.value, dns.value) : dns.error
  },
}

const bindingNeeds = ({ externalAccountBinding: binding }: AcmeSpec): readonly CredentialNeed[] =>
  binding === undefined
    ? []
    : [{ field: bindingField, secretName: binding.keySecretRef.name, keys: [binding.keySecretRef.key] }]

function externalAccount(
  { externalAccountBinding: binding }: AcmeSpec,
  credentials: Credentials,
): ReturnType<typeof readExternalAccount> | { readonly ok: true; readonly value: undefined } {
  if (binding === undefined) return ok(undefined)
  const bytes = credentials.get(bindingField)?.[binding.keySecretRef.key]
  return readExternalAccount(binding, Buffer.from(bytes ?? []).toString('utf8'))
}

type DeskWork = (desk: Desk) => Promise<Outcome>

class AcmeEnroller implements Enroller {
  readonly protocol = 'acme'
  readonly traits = traits
  readonly advise?: NonNullable<Enroller['advise']>
  readonly #spec: AcmeSpec
  readonly #external: ExternalAccount | undefined
  readonly #client: AcmeClient
  readonly #told = new Map<string, string>()
  readonly #dns: DnsSolver
  #account: Account | undefined
  /** Of the last certificate that was issued here. */
  #authority: InferredAuthority | undefined
  /** The spec of an enroller never changes, so that the CA needs to hear of its contact only once. */
  #isContactSettled = false

  constructor(spec: AcmeSpec, external: ExternalAccount | undefined, dns: DnsSolver) {
    this.#spec = spec
    this.#external = external
    this.#dns = dns
    this.#client = new AcmeClient(spec.server)
    if (spec.renewalInformation !== 'None') this.advise = (facts, ctx) => renewalAdvice(this.#client, facts, ctx)
  }

  async prepare(ctx: Ctx): Promise<Readiness> {
    await this.#dns.sweep(ctx)
    const directory = await this.#client.refetchDirectory(ctx)
    if (!directory.ok) return notReady(directory.error)
    const { meta } = directory.value
    if (this.#spec.profile !== undefined && !Object.hasOwn(meta.profiles, this.#spec.profile))
      return {
        kind: 'notReady',
        fault: unknownProfile(this.#spec.profile, meta.profiles),
        details: this.#details(directory.value),
      }
    // Asked anew on every probe: an account may have been deactivated since.
    const account = await this.#open(ctx)
    if (!account.ok) return { ...notReady(account.error), details: this.#details(directory.value) }
    const authorities = this.#authority === undefined ? {} : { authorities: this.#authority }
    const message = `Registered with ${this.#spec.server}`
    return { kind: 'ready', message, details: this.#details(directory.value), ...authorities }
  }

  async enroll(order: Order, ctx: Ctx): Promise<Outcome> {
    return this.#atDesk(ctx, { order, work: (desk) => beginOrder(desk, order) })
  }

  /** A renewal is a new order; what it replaces is said in it (RFC 9773 section 5). */
  renew(order: Order, _current: Identity, ctx: Ctx): Promise<Outcome> {
    return this.enroll(order, ctx)
  }

  async poll(ticket: Ticket, order: Order, ctx: Ctx): Promise<Outcome> {
    return this.#atDesk(ctx, { ticket, order, work: (desk) => continueOrder(desk, ticket, order) })
  }

  async revoke(certificate: Revocable, reason: RevocationReason, ctx: Ctx): Promise<RevokeOutcome> {
    const desk = await this.#desk(ctx)
    if (!desk.ok) return { kind: 'deferred', fault: desk.error.fault }
    return revokeCertificate(desk.value, certificate, reason)
  }

  async abandon(ticket: Ticket, ctx: Ctx): Promise<void> {
    await takeDown({ ctx, spec: this.#spec, dns: this.#dns }, ticket)
    const desk = await this.#desk(ctx)
    if (desk.ok) await giveUpOrder(desk.value, ticket)
  }

  quota(): string | undefined {
    return this.#account?.url
  }

  /** Another issuer of the same account may have replaced its key: then what was refused is asked once more with the new one. */
  async #atDesk(
    ctx: Ctx,
    { ticket, order, work }: { readonly ticket?: Ticket; readonly order: Order; readonly work: DeskWork },
  ): Promise<Outcome> {
    const desk = await this.#desk(ctx)
    if (!desk.ok) return failureOutcome(desk.error, ticket)
    const outcome = await work(desk.value)
    if (outcome.kind === 'issued') this.#authority = topOf(outcome.chain) ?? this.#authority
    if (!mayBeOfOldKey(outcome) || !(await this.#hasNewKey(desk.value)))
      return withCaaRecord(outcome, desk.value, order)
    this.#account = undefined
    const next = await this.#desk(ctx)
    return next.ok ? withCaaRecord(await work(next.value), next.value, order) : failureOutcome(next.error, ticket)
  }

  async #hasNewKey({ account, ctx }: Desk): Promise<boolean> {
    const secret = await loadAccountKey(this.#spec, ctx)
    return secret.ok && secret.value.current.thumbprint !== account.key.thumbprint
  }

  async #desk(ctx: Ctx): Promise<Answer<Desk>> {
    const directory = await this.#client.directory(ctx)
    if (!directory.ok) return directory
    const account = this.#account === undefined ? await this.#open(ctx) : ok(this.#account)
    if (!account.ok) return account
    return ok({
      client: this.#client,
      spec: this.#spec,
      account: account.value,
      directory: directory.value,
      ctx,
      told: this.#told,
      dns: this.#dns,
    })
  }

  /** Asks for the account; what is known of it is replaced. */
  async #open(ctx: Ctx): Promise<Answer<Account>> {
    const account = await this.#ask(ctx)
    this.#account = account.ok ? account.value : undefined
    if (!account.ok || this.#isContactSettled) return account
    const settled = await settleContact(this.#client, { account: account.value, spec: this.#spec }, ctx)
    this.#isContactSettled = settled.ok
    return settled
  }

  async #ask(ctx: Ctx): Promise<Answer<Account>> {
    const directory = await this.#client.directory(ctx)
    if (!directory.ok) return directory
    const secret = await loadAccountKey(this.#spec, ctx)
    if (!secret.ok) return err(failure(secret.error))
    const shared = { spec: this.#spec, directory: directory.value, external: this.#external }
    const openWith = (key: JwsKey): Promise<Answer<Account>> => openAccount(this.#client, { ...shared, key }, ctx)
    return wantsNewKey(this.#spec, secret.value)
      ? rollOver({ ...shared, client: this.#client, secret: secret.value, ctx }, openWith)
      : openWith(secret.value.current)
  }

  #details({ meta, renewalInfo }: Directory): IssuerDetails {
    return {
      ...(this.#account === undefined
        ? {}
        : { accountURL: this.#account.url, accountThumbprint: this.#account.key.thumbprint }),
      ...(meta.termsOfService === undefined ? {} : { termsOfService: meta.termsOfService }),
      ...(meta.website === undefined ? {} : { website: meta.website }),
      caaIdentities: meta.caaIdentities,
      profiles: meta.profiles,
      renewalInformation: renewalInfo !== undefined,
    }
  }
}

/** CAs answer a signature by a key that is no longer the account's in several ways. */
const mayBeOfOldKey = (outcome: Outcome): boolean =>
  outcome.kind !== 'issued' && outcome.kind !== 'pending' && codesOfOldKey.includes(outcome.fault.code)

const codesOfOldKey: readonly FaultCode[] = ['CredentialsRejected', 'TransactionLost', 'RequestRejected']

function notReady({ fault: problem, retryAfter }: AcmeFailure): Extract<Readiness, { kind: 'notReady' }> {
  return { kind: 'notReady', fault: problem, ...(retryAfter === undefined ? {} : { wakeAt: retryAfter }) }
}

function unknownProfile(profile: string, offered: Readonly<Record<string, string>>): Fault {
  const names = Object.keys(offered)
  const choice = names.length === 0 ? 'it offers none: drop spec.acme.profile' : `it offers ${names.join(', ')}`
  return fault('Misconfigured', `the CA does not offer the profile ${profile}; ${choice}`)
}
