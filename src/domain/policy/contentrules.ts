/** Rules on everything but names: the key, the lifetime, what it may be used for, how it is kept. */
import type { PolicyRules } from '../../api/policy.ts'
import { formatGoDuration, parseGoDuration } from '../../std/duration.ts'
import { minutes, plus, instant, between } from '../../std/time.ts'
import type { Duration } from '../../std/time.ts'
import { keyText } from '../wanted.ts'
import type { KeyShape } from '../wanted.ts'
import { allowedText, failures, listed } from './breach.ts'
import type { Failure } from './breach.ts'
import type { Judged, Keeping } from './judged.ts'
import { fitsIssuer, issuerText, valueOf } from './select.ts'

export type KeyKind = NonNullable<NonNullable<PolicyRules['privateKey']>['allow']>[number]

export function keyFailures({ privateKey: { allow } = {}, signatureHashes }: PolicyRules, judged: Judged) {
  const { key, signatureHash } = judged
  const isStrange = allow !== undefined && key !== undefined && !allow.some((kind) => fitsKey(kind, key))
  return [
    ...failures(isStrange, () => ({
      rule: 'rules.privateKey.allow',
      message: `the key is ${key === undefined ? '' : keyText(key)}; ${allowedText((allow ?? []).map(keyKindText))}`,
    })),
    ...failures(
      signatureHashes !== undefined &&
        signatureHash !== undefined &&
        !signatureHashes.some((hash) => hash === signatureHash),
      () => ({
        rule: 'rules.signatureHashes',
        message: `it is signed with ${hashText(signatureHash ?? '')}; ${allowedText((signatureHashes ?? []).map(hashText))}`,
      }),
    ),
  ]
}

const fitsKey = ({ algorithm, minSize = 0, maxSize = Infinity }: KeyKind, key: KeyShape): boolean =>
  algorithm === key.algorithm && (key.size === 0 || (key.size >= minSize && key.size <= maxSize))

/** @returns a kind of key as people say it, for example `RSA from 3072` */
export function keyKindText({ algorithm, minSize, maxSize }: KeyKind): string {
  if (algorithm === 'Ed25519' || (minSize === undefined && maxSize === undefined)) return algorithm
  if (maxSize === undefined) return `${algorithm} from ${minSize}`
  if (minSize === undefined) return `${algorithm} to ${maxSize}`
  return minSize === maxSize ? `${algorithm} ${minSize}` : `${algorithm} ${minSize} to ${maxSize}`
}

const hashText = (hash: string): string => (hash === 'none' ? 'no hash (Ed25519)' : hash)

/** How far the clock of a CA may be from ours before it counts as a longer life. */
const clockTolerance = minutes(2)

export function durationFailures({ duration = {} }: PolicyRules, { lifetime, keeping }: Judged): readonly Failure[] {
  const min = durationIn(duration.min)
  const max = durationIn(duration.max)
  const most =
    max === undefined || keeping !== undefined ? max : between(instant(0), plus(instant(max), clockTolerance))
  return [
    ...failures(min !== undefined && lifetime.whole < min, () => ({
      rule: 'rules.duration.min',
      message: `it lives for ${formatGoDuration(lifetime.whole)}; at least ${duration.min} is asked for`,
    })),
    ...failures(most !== undefined && lifetime.ahead > most, () => ({
      rule: 'rules.duration.max',
      message: `it lives for ${formatGoDuration(lifetime.ahead)}; at most ${duration.max} is allowed`,
    })),
  ]
}

function durationIn(text: string | undefined): Duration | undefined {
  const parsed = text === undefined ? undefined : parseGoDuration(text)
  return parsed?.ok === true ? parsed.value : undefined
}

export function usageFailures({ usages: { allow, require = [] } = {}, isCA }: PolicyRules, judged: Judged) {
  const have = once(judged.usages.map(oneName))
  const strangers = allow === undefined ? [] : have.filter((usage) => !allow.map(oneName).includes(usage))
  const missing = require.filter((usage) => !have.includes(oneName(usage)))
  return [
    ...failures(strangers.length > 0, () => ({
      rule: 'rules.usages.allow',
      message: `it may be used for ${listed(strangers)}; ${allowedText(allow ?? [])}`,
    })),
    ...failures(missing.length > 0, () => ({
      rule: 'rules.usages.require',
      message: `it lacks the usage ${listed(missing)}, which is required`,
    })),
    ...failures(isCA !== undefined && isCA !== judged.isCA, () => ({
      rule: 'rules.isCA',
      message: judged.isCA ? 'it is a CA, which is not allowed' : 'it is no CA, and only CAs are allowed',
    })),
  ]
}

const once = (values: readonly string[]): readonly string[] => [...new Set(values)]

/** Usages that have two names. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['signing', 'digital signature'],
  ['s/mime', 'email protection'],
])
/** @returns the name that a usage goes by where it has two */
export const oneName = (usage: string): string => aliases.get(usage) ?? usage

export function keepingFailures(rules: PolicyRules, { keeping }: Judged): readonly Failure[] {
  if (keeping === undefined) return []
  return [
    ...issuerFailures(rules, keeping),
    ...rotationFailures(rules, keeping),
    ...renewalFailures(rules, keeping),
    ...keystoreFailures(rules, keeping),
    ...labelFailures(rules, keeping),
  ]
}

function issuerFailures({ issuers: { allow, deny = [] } = {} }: PolicyRules, { issuers }: Keeping) {
  const said = ({ kind, name }: (typeof issuers)[number]): string => `${kind} ${name}`
  const denied = issuers.filter((issuer) => deny.some((pattern) => fitsIssuer(pattern, issuer)))
  const strangers =
    allow === undefined ? [] : issuers.filter((issuer) => !allow.some((pattern) => fitsIssuer(pattern, issuer)))
  return [
    ...failures(denied.length > 0, () => ({
      rule: 'rules.issuers.deny',
      message: `${listed(denied.map(said))} is denied`,
    })),
    ...failures(strangers.length > 0, () => ({
      rule: 'rules.issuers.allow',
      message: `${listed(strangers.map(said))} is not allowed; ${allowedText((allow ?? []).map(issuerText))}`,
    })),
  ]
}

function rotationFailures({ privateKey: { rotationPolicies } = {} }: PolicyRules, { rotation }: Keeping) {
  return failures(rotationPolicies !== undefined && !rotationPolicies.includes(rotation), () => ({
    rule: 'rules.privateKey.rotationPolicies',
    message: `rotationPolicy is ${rotation}; ${allowedText(rotationPolicies ?? [])}`,
  }))
}

function renewalFailures({ renewBefore = {}, renewBeforePercentage: share = {} }: PolicyRules, keeping: Keeping) {
  const min = durationIn(renewBefore.min)
  const max = durationIn(renewBefore.max)
  const lead = formatGoDuration(keeping.renewBefore)
  const percent = Math.round(keeping.renewBeforePercentage * 10) / 10
  return [
    ...failures(min !== undefined && keeping.renewBefore < min, () => ({
      rule: 'rules.renewBefore.min',
      message: `it is renewed ${lead} before its end; at least ${renewBefore.min} is asked for`,
    })),
    ...failures(max !== undefined && keeping.renewBefore > max, () => ({
      rule: 'rules.renewBefore.max',
      message: `it is renewed ${lead} before its end; at most ${renewBefore.max} is allowed`,
    })),
    ...failures(share.min !== undefined && percent < share.min, () => ({
      rule: 'rules.renewBeforePercentage.min',
      message: `it is renewed when ${percent} percent of its life are left; at least ${share.min} are asked for`,
    })),
    ...failures(share.max !== undefined && percent > share.max, () => ({
      rule: 'rules.renewBeforePercentage.max',
      message: `it is renewed when ${percent} percent of its life are left; at most ${share.max} are allowed`,
    })),
  ]
}

function keystoreFailures({ keystores: rules = {} }: PolicyRules, { keystores: { jks, pkcs12 } }: Keeping) {
  const kinds = [...(jks?.create === true ? ['JKS'] : []), ...(pkcs12?.create === true ? ['PKCS12'] : [])]
  const strangers = kinds.filter((kind) => rules.allow?.some((allowed) => allowed === kind) === false)
  const profile = pkcs12?.create === true ? (pkcs12.profile ?? 'LegacyRC2') : undefined
  const profiles = rules.pkcs12Profiles
  return [
    ...failures(strangers.length > 0, () => ({
      rule: 'rules.keystores.allow',
      message: `keystore ${listed(strangers)} is not allowed; ${allowedText(rules.allow ?? [])}`,
    })),
    ...failures(profile !== undefined && profiles !== undefined && !profiles.includes(profile), () => ({
      rule: 'rules.keystores.pkcs12Profiles',
      message: `the profile of PKCS#12 is ${profile}; ${allowedText(profiles ?? [])}`,
    })),
  ]
}

function labelFailures({ labels: required = [] }: PolicyRules, { labels }: Keeping): readonly Failure[] {
  return required.flatMap(({ key, values }) => {
    const value = valueOf(labels, key)
    if (value === undefined)
      return [{ rule: 'rules.labels', message: `the Certificate has no label ${key}, which is required` }]
    return failures(values?.includes(value) === false, () => ({
      rule: 'rules.labels',
      message: `the label ${key} is "${value}"; ${allowedText(values ?? [])}`,
    }))
  })
}
