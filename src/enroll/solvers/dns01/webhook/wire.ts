/** ChallengePayload of webhook.acme.cert-manager.io/v1alpha1 (pkg/acme/webhook/apis/acme/v1alpha1/types.go). */
import type { WebhookSpec } from '../../../../api/issuer/dns01/webhook.ts'
import { isJsonObject } from '../../../../std/json.ts'
import type { Json, JsonObject } from '../../../../std/json.ts'
import { objectIn, textIn } from '../json.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'

export interface Challenge {
  readonly uid: string
  readonly action: 'Present' | 'CleanUp'
  readonly txt: TxtValue
  readonly config: WebhookSpec['config']
}

export const pathOf = ({ groupName, solverName }: WebhookSpec): string =>
  `/apis/${groupName}/v1alpha1/${encodeURIComponent(solverName)}`

export function encodeChallenge(
  { uid, action, txt, config }: Challenge,
  { cluster, ambient }: Pick<ProviderCtx, 'cluster' | 'ambient'>,
): JsonObject {
  return {
    apiVersion: 'webhook.acme.cert-manager.io/v1alpha1',
    kind: 'ChallengePayload',
    request: {
      uid,
      action,
      type: 'dns-01',
      dnsName: txt.identifier,
      key: txt.value,
      resourceNamespace: cluster.resourceNamespace,
      resolvedFQDN: `${txt.name}.`,
      resolvedZone: `${txt.zone}.`,
      allowAmbientCredentials: ambient.allowed,
      ...(config === undefined ? {} : { config }),
    },
  }
}

export type ChallengeReply =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly words: string; readonly code: number | undefined }
  /** What came back is no answer to this challenge. */
  | { readonly kind: 'unreadable' }

/** The result of Go's `response` is called `status` in JSON. */
export function readChallenge(body: Json | undefined, uid: string): ChallengeReply {
  const response = isJsonObject(body) && isJsonObject(body['response']) ? body['response'] : undefined
  if (response === undefined || response['uid'] !== uid) return { kind: 'unreadable' }
  if (response['success'] === true) return { kind: 'success' }
  const status = objectIn(response['status'])
  const code = typeof status['code'] === 'number' ? status['code'] : undefined
  return { kind: 'failure', words: textIn(status['message']) ?? textIn(status['reason']) ?? '', code }
}

/** What the API server says in a metav1.Status. */
export const wordsOf = (body: Json | undefined): string => textIn(objectIn(body)['message']) ?? ''
