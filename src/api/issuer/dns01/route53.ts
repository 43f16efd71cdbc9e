/** `dns01.route53` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { matching, placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { dns01With } from './place.ts'

const route53With = (route53: JsonObject): JsonObject => dns01With({ route53 })
const accessKeyID = 'AKIAIOSFODNN7EXAMPLE'
const secret = { name: 'route53', key: 'secret-access-key' }
const idRef = { name: 'route53', key: 'access-key-id' }

/** It becomes a part of host names. */
const region = [
  matching(/^[a-z]{2,4}(-[a-z]+)+-[0-9]+$/, {
    message: 'This is not a region of AWS; write it as eu-central-1.',
    accepts: ['us-east-1', 'us-gov-west-1', 'cn-northwest-1'],
    rejects: ['Frankfurt', 'us-east', 'us-east-1.example.com', 'us-east-1/', 'eu central 1'],
  }),
]

const zoneId = [
  matching(/^(\/hostedzone\/)?[A-Z0-9]+$/, {
    message: 'This is not the ID of a hosted zone; write it as Z1D633PJN98FT9.',
    accepts: ['Z1D633PJN98FT9', '/hostedzone/Z1D633PJN98FT9'],
    rejects: ['example.com', 'Z1/../', 'z1d633'],
  }),
]

const role = [
  matching(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[\x21-\x7e]+$/, {
    message: 'This is not the ARN of a role; write it as arn:aws:iam::123456789012:role/dns01.',
    accepts: ['arn:aws:iam::123456789012:role/dns01', 'arn:aws-cn:iam::123456789012:role/team/dns01'],
    rejects: ['dns01', 'arn:aws:iam::123456789012:user/dns01', 'arn:aws:iam::12:role/dns01'],
  }),
]

const keyId = [
  matching(/^[A-Za-z0-9_]{16,128}$/, {
    message: 'This is not the ID of an access key; write it as AKIAIOSFODNN7EXAMPLE.',
    accepts: [accessKeyID],
    rejects: ['AKIA', 'AKIA IOSF ODNN 7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE/20261123'],
  }),
]

const members = z
  .object({
    region: ruled(
      text(64, 'The region of the calls to STS. The AWS_REGION of the operator, else us-east-1, when not given.'),
      placed(region, (name) => route53With({ region: name })),
    ).exactOptional(),
    hostedZoneID: ruled(
      text(64, 'The hosted zone. Without it, the public zone of the domain is looked for.'),
      placed(zoneId, (hostedZoneID) => route53With({ hostedZoneID })),
    ).exactOptional(),
    role: ruled(
      text(2048, 'The ARN of a role that is assumed with the credentials.'),
      placed(role, (arn) => route53With({ role: arn })),
    ).exactOptional(),
    accessKeyID: ruled(
      text(128, 'The ID of an access key.'),
      placed(keyId, (id) => route53With({ accessKeyID: id, secretAccessKeySecretRef: secret })),
    ).exactOptional(),
    accessKeyIDSecretRef: secretKeySelector(
      (accessKeyIDSecretRef) => route53With({ accessKeyIDSecretRef, secretAccessKeySecretRef: secret }),
      'The entry of a Secret that holds the ID of an access key.',
    ).exactOptional(),
    secretAccessKeySecretRef: secretKeySelector(
      (secretAccessKeySecretRef) => route53With({ accessKeyID, secretAccessKeySecretRef }),
      'The entry of a Secret that holds the access key. Without one, what the operator itself runs as.',
    ).exactOptional(),
  })
  .meta({ description: 'Records at Amazon Route 53.' })

export const route53 = ruled(members, [
  {
    cel: '!has(self.accessKeyID) || !has(self.accessKeyIDSecretRef)',
    holds: (value) => value.accessKeyID === undefined || value.accessKeyIDSecretRef === undefined,
    message: 'These exclude each other: keep one of accessKeyID and accessKeyIDSecretRef.',
    accepts: [route53With({}), route53With({ accessKeyID, secretAccessKeySecretRef: secret })],
    rejects: [route53With({ accessKeyID, accessKeyIDSecretRef: idRef, secretAccessKeySecretRef: secret })],
  },
  {
    cel: '(has(self.accessKeyID) || has(self.accessKeyIDSecretRef)) == has(self.secretAccessKeySecretRef)',
    holds: (value) =>
      (value.accessKeyID !== undefined || value.accessKeyIDSecretRef !== undefined) ===
      (value.secretAccessKeySecretRef !== undefined),
    message:
      'An access key has two halves: set secretAccessKeySecretRef and one of accessKeyID and accessKeyIDSecretRef, or none of them.',
    accepts: [route53With({ accessKeyIDSecretRef: idRef, secretAccessKeySecretRef: secret })],
    rejects: [route53With({ accessKeyID }), route53With({ secretAccessKeySecretRef: secret })],
  },
])

export type Route53Spec = DeepReadonly<z.output<typeof route53>>
