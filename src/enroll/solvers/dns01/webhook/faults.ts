/** How the API server refuses to call a DNS webhook, in one place (HTTP statuses of the Kubernetes API). */
import type { FaultRow } from '../calls.ts'

export const faultsByStatus: Readonly<Record<number, FaultRow>> = {
  401: {
    code: 'CredentialsRejected',
    cure: 'the API server does not know the operator; it is tried again with a new token',
  },
  403: {
    code: 'CredentialsRejected',
    cure: 'allow the ServiceAccount of the operator to create resources of the group that {field}.groupName names: point the chart of the webhook at it',
  },
  404: {
    code: 'Misconfigured',
    cure: 'install the webhook, and check {field}.groupName and {field}.solverName; kubectl get apiservices shows what is there',
  },
  405: { code: 'Misconfigured', cure: 'what answers there is no DNS webhook; check {field}.groupName' },
  429: { code: 'RateLimited', cure: 'it is tried again later' },
}

const serverFailed: FaultRow = {
  code: 'ServerFailed',
  cure: 'kubectl get apiservices says whether its webhook can be reached; it is tried again',
}
const odd: FaultRow = { code: 'RequestRejected', cure: 'its log says why' }

/** No API server redirects. */
const strange: FaultRow = {
  code: 'ReplyMalformed',
  cure: 'look at what stands between the operator and the API server',
}

export function rowFor(status: number): FaultRow {
  const row = faultsByStatus[status]
  if (row !== undefined) return row
  return status >= 500 ? serverFailed : status >= 400 ? odd : strange
}
