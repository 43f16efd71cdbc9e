/** Accounts as acme-dns hands them out, and the one request that changes a record. */
import { isJsonObject, readJsonObject } from '../../../../std/json.ts'
import type { JsonObject } from '../../../../std/json.ts'
import { SecretText } from '../../../../std/secret.ts'
import { textIn } from '../json.ts'

export interface AcmeDnsAccount {
  readonly username: SecretText
  readonly password: SecretText
  readonly subdomain: string
  /** Where its records lie, without the final dot: what _acme-challenge of its domain must be a CNAME for. */
  readonly fullDomain: string
}

export type Accounts = ReadonlyMap<string, AcmeDnsAccount>

const header = /^[\x21-\x7e]{1,256}$/

/**
 * @param bytes - JSON: registrations by domain, as acme-dns-client and cert-manager keep them
 * @returns the accounts by domain in lower case; undefined when it is something else, or one of them is not whole
 */
export function readAccounts(bytes: Uint8Array | undefined): Accounts | undefined {
  const entries = Object.entries(readJsonObject(bytes) ?? {})
  const accounts = new Map<string, AcmeDnsAccount>()
  for (const [domain, value] of entries) {
    const account = isJsonObject(value) ? readAccount(value) : undefined
    if (account === undefined) return undefined
    accounts.set(domain.toLowerCase().replace(/\.$/, ''), account)
  }
  return accounts.size === 0 ? undefined : accounts
}

function readAccount(value: JsonObject): AcmeDnsAccount | undefined {
  const username = textIn(value['username'])
  const password = textIn(value['password'])
  const subdomain = textIn(value['subdomain'])
  if (username === undefined || password === undefined || subdomain === undefined) return undefined
  if (!header.test(username) || !header.test(password)) return undefined
  return {
    username: new SecretText(username),
    password: new SecretText(password),
    subdomain,
    fullDomain: (textIn(value['fulldomain']) ?? '').toLowerCase().replace(/\.$/, ''),
  }
}

/** @returns the account of the domain itself, else of the nearest one above it */
export function accountFor(accounts: Accounts, identifier: string): AcmeDnsAccount | undefined {
  const labels = identifier.toLowerCase().split('.')
  for (let from = 0; from < labels.length; from++) {
    const found = accounts.get(labels.slice(from).join('.'))
    if (found !== undefined) return found
  }
  return undefined
}

export const encodeUpdate = ({ subdomain }: AcmeDnsAccount, txt: string): string => JSON.stringify({ subdomain, txt })
