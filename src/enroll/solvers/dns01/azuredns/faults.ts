/** How Azure refuses, in one place: Azure Resource Manager, Microsoft Entra ID and the metadata service of machines. */
import { readJsonObject } from '../../../../std/json.ts'
import type { Dialect, FaultRow } from '../calls.ts'
import { objectIn, textIn } from '../json.ts'

const rights: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'give the identity that {field} names the role DNS Zone Contributor on the zone',
}
const principal: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'check {field}.clientID, {field}.tenantID and the Secret that {field}.clientSecretSecretRef names',
}
const federation: FaultRow = {
  code: 'CredentialsRejected',
  cure: 'check the federated credential of the identity: issuer, subject and audience must be those of the ServiceAccount of the operator',
}
const place: FaultRow = {
  code: 'Misconfigured',
  cure: 'check {field}.subscriptionID, {field}.resourceGroupName and {field}.hostedZoneName',
}

const codes: Readonly<Record<string, FaultRow>> = {
  AuthorizationFailed: rights,
  LinkedAuthorizationFailed: rights,
  InvalidAuthenticationToken: rights,
  ExpiredAuthenticationToken: { code: 'ServerFailed', cure: 'a new token is asked for, and it is tried again' },
  InvalidAuthenticationTokenTenant: principal,
  SubscriptionNotFound: place,
  InvalidSubscriptionId: place,
  ResourceGroupNotFound: place,
  ParentResourceNotFound: place,
  NotFound: place,
  ResourceNotFound: place,
  TooManyRequests: { code: 'RateLimited', cure: 'it is tried again later' },
  Conflict: { code: 'ServerFailed', cure: 'another change is under way; it is tried again' },
  ScopeLocked: { code: 'Misconfigured', cure: 'a lock of Azure keeps the zone from being changed; remove it' },
  /** Of Microsoft Entra ID (RFC 6749 section 5.2). */
  invalid_client: principal,
  unauthorized_client: principal,
  invalid_request: principal,
  invalid_grant: federation,
  /** Of the metadata service. */
  identity_not_found: {
    code: 'CredentialsMissing',
    cure: 'give the machine the identity that {field}.managedIdentity names',
  },
  temporarily_unavailable: { code: 'ServerFailed', cure: 'it is tried again' },
}

export const dialect: Dialect = {
  service: 'Azure',
  statuses: {
    400: { code: 'RequestRejected', cure: 'Azure cannot use what was sent' },
    404: place,
    412: codes['Conflict'] ?? place,
  },
  codes,
  read: ({ body }) => {
    const said = readJsonObject(body)
    const error = objectIn(said?.['error'])
    return {
      code: textIn(error['code']) ?? textIn(said?.['code']) ?? textIn(said?.['error']),
      words: textIn(error['message']) ?? textIn(said?.['message']) ?? textIn(said?.['error_description']) ?? '',
    }
  },
}
