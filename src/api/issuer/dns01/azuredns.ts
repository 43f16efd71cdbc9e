/** `dns01.azureDNS` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { matching, placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { dnsName } from '../../texts.ts'
import { dns01With } from './place.ts'

const guid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
const secret = { name: 'azure', key: 'client-secret' }
const principal = { clientID: guid, tenantID: guid, clientSecretSecretRef: secret }

const azureWith = (members: JsonObject): JsonObject =>
  dns01With({ azureDNS: { subscriptionID: guid, resourceGroupName: 'dns', ...members } })

const identifier = [
  matching(/^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/, {
    message: `This is not an ID of Azure; write it as ${guid}.`,
    accepts: [guid, guid.toUpperCase()],
    rejects: ['production', `{${guid}}`, `${guid}/..`],
  }),
]

const id = (description: string, place: (value: string) => JsonObject): z.ZodString =>
  ruled(text(64, description), placed(identifier, place))

const groupName = [
  matching(/^[\p{L}\p{N}_().-]*[\p{L}\p{N}_()-]$/u, {
    message:
      'This is not the name of a resource group: use letters, digits, hyphens, underscores, dots and parentheses, without a dot at the end.',
    accepts: ['dns', 'DNS_zones-(prod)', 'a.b'],
    rejects: ['a/b', 'dns.', 'a?b', 'a%2fb'],
  }),
]

const managedIdentity = ruled(
  z
    .object({
      clientID: id('The client ID of a user-assigned identity.', (clientID) =>
        azureWith({ managedIdentity: { clientID } }),
      ).exactOptional(),
      resourceID: text(2048, 'The resource ID of a user-assigned identity.').exactOptional(),
      tenantID: id('The tenant of a workload identity. That of the operator when not given.', (tenantID) =>
        azureWith({ managedIdentity: { tenantID } }),
      ).exactOptional(),
    })
    .meta({ description: 'Which identity of the operator is used: a workload identity, or one of its machine.' }),
  [
    {
      cel: '!has(self.clientID) || !has(self.resourceID)',
      holds: (value) => value.clientID === undefined || value.resourceID === undefined,
      message: 'An identity is named once: keep one of clientID and resourceID.',
      accepts: [azureWith({ managedIdentity: {} }), azureWith({ managedIdentity: { resourceID: '/subscriptions/1' } })],
      rejects: [azureWith({ managedIdentity: { clientID: guid, resourceID: '/subscriptions/1' } })],
    },
  ],
)

const members = z
  .object({
    subscriptionID: id('The ID of the subscription that holds the zone.', (subscriptionID) =>
      azureWith({ subscriptionID }),
    ),
    resourceGroupName: ruled(
      text(90, 'The resource group that holds the zone.'),
      placed(groupName, (resourceGroupName) => azureWith({ resourceGroupName })),
    ),
    hostedZoneName: ruled(
      text(253, 'The zone. The zone of the domain, as DNS knows it, when not given.'),
      placed(dnsName, (hostedZoneName) => azureWith({ hostedZoneName })),
    ).exactOptional(),
    environment: z
      .enum(['AzurePublicCloud', 'AzureChinaCloud', 'AzureGermanCloud', 'AzureUSGovernmentCloud'])
      .exactOptional()
      .meta({ description: 'The cloud of the subscription. AzurePublicCloud when not given.' }),
    clientID: id('The client ID of a service principal.', (clientID) =>
      azureWith({ ...principal, clientID }),
    ).exactOptional(),
    tenantID: id('The tenant of the service principal.', (tenantID) =>
      azureWith({ ...principal, tenantID }),
    ).exactOptional(),
    clientSecretSecretRef: secretKeySelector(
      (clientSecretSecretRef) => azureWith({ ...principal, clientSecretSecretRef }),
      'The entry of a Secret that holds the client secret of the service principal. Without one, what the operator itself runs as.',
    ).exactOptional(),
    managedIdentity: managedIdentity.exactOptional(),
  })
  .meta({ description: 'Records at Azure DNS.' })

export const azureDNS = ruled(members, [
  {
    cel: 'has(self.clientID) == has(self.clientSecretSecretRef) && has(self.tenantID) == has(self.clientSecretSecretRef)',
    holds: ({ clientID, tenantID, clientSecretSecretRef }) =>
      [clientID, tenantID].every((one) => (one === undefined) === (clientSecretSecretRef === undefined)),
    message:
      'A service principal is three things: set clientID, tenantID and clientSecretSecretRef together, or none of them.',
    accepts: [azureWith({}), azureWith(principal)],
    rejects: [
      azureWith({ clientID: guid }),
      azureWith({ tenantID: guid }),
      azureWith({ clientSecretSecretRef: secret }),
    ],
  },
  {
    cel: '!has(self.clientSecretSecretRef) || !has(self.managedIdentity)',
    holds: (value) => value.clientSecretSecretRef === undefined || value.managedIdentity === undefined,
    message: 'These exclude each other: keep managedIdentity, or the service principal.',
    accepts: [azureWith({ managedIdentity: { clientID: guid } })],
    rejects: [azureWith({ ...principal, managedIdentity: {} })],
  },
])

export type AzureDnsSpec = DeepReadonly<z.output<typeof azureDNS>>
