import { route53 } from '../../src/enroll/solvers/dns01/route53/provider.ts'
import { awsError, Route53World, stsReply } from '../support/dns-providers/route53.ts'
import type { Route53Options } from '../support/dns-providers/route53.ts'
import { signatureFault } from '../support/dns-providers/awssignature.ts'
import type { Reply, SeenCall } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const ofPod = {
  id: 'ASIAPODPODPODPODPOD1',
  secret: 'pod/secret+of/temporary=',
  session: 'pod//session+token==with/signs',
}
const ofRole = {
  id: 'ASIAROLEROLEROLEROL1',
  secret: 'role/secret+of/temporary=',
  session: 'role//session+token==with/signs',
}
const webToken = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl'
const role = 'arn:aws:iam::123456789012:role/dns01'
const podRole = 'arn:aws:iam::123456789012:role/perennial'

const codes: Readonly<Record<number, string>> = {
  401: 'MissingAuthenticationToken',
  403: 'AccessDenied',
  500: 'InternalFailure',
}

const shared = {
  factory: route53,
  throttle: awsError(400, 'Throttling', 'Rate exceeded'),
  revoke: (world: Route53World) => void (world.key = { id: 'AKIAANOTHERANOTHER12', secret: 'x' }),
  dropZone: (world: Route53World) => void (world.hasZone = false),
  refusal: (status: number, message: string): Reply => awsError(status, codes[status] ?? 'InvalidInput', message),
}

const spec = { accessKeyID: key.id, secretAccessKeySecretRef: { name: 'route53', key: 'secret' } }
const credentials = { secretAccessKeySecretRef: { secret: key.secret } }
const world = (options?: Partial<Route53Options>): Route53World =>
  new Route53World({ key, secrets: [key.secret], ...options })

dnsProviderContract({ ...shared, variant: 'access key', spec, credentials, world: () => world() })

dnsProviderContract({
  ...shared,
  variant: 'access key in a Secret, zone given, China',
  spec: {
    region: 'cn-north-1',
    hostedZoneID: '/hostedzone/Z2PUBLIC',
    accessKeyIDSecretRef: { name: 'route53', key: 'id' },
    secretAccessKeySecretRef: { name: 'route53', key: 'secret' },
  },
  credentials: { accessKeyIDSecretRef: { id: key.id }, ...credentials },
  world: () => world({ host: { origin: 'https://route53.amazonaws.com.cn', region: 'cn-northwest-1' } }),
})

const wrongParameters = (body: URLSearchParams, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries({ Version: '2011-06-15', ...wanted }).some(([name, value]) => body.get(name) !== value)

function assumeRole(call: SeenCall, by: typeof key | typeof ofPod, origin: string): Reply {
  const region = origin.split('.')[1] ?? ''
  const wrong = signatureFault(call, { key: by, region, service: 'sts' })
  if (call.origin !== origin || wrong !== undefined) return awsError(403, wrong ?? 'InvalidInput', 'STS says no')
  if (
    wrongParameters(new URLSearchParams(call.body), {
      Action: 'AssumeRole',
      RoleArn: role,
      RoleSessionName: 'perennial',
    })
  )
    return awsError(400, 'ValidationError', call.body)
  return stsReply('AssumeRole', ofRole, Date.now() + 3_600_000)
}

function withWebIdentity(call: SeenCall): Reply {
  const wanted = { Action: 'AssumeRoleWithWebIdentity', RoleArn: podRole, WebIdentityToken: webToken }
  if (call.headers['authorization'] !== undefined || wrongParameters(new URLSearchParams(call.body), wanted))
    return awsError(400, 'InvalidIdentityToken', call.body)
  return stsReply('AssumeRoleWithWebIdentity', ofPod, Date.now() + 3_600_000)
}

dnsProviderContract({
  ...shared,
  variant: 'role by an access key',
  spec: { ...spec, role, region: 'eu-central-1' },
  credentials,
  world: () =>
    world({
      key: ofRole,
      secrets: [key.secret, ofRole.secret, ofRole.session],
      sts: (call) => assumeRole(call, key, 'https://sts.eu-central-1.amazonaws.com'),
    }),
})

const pod = {
  variables: { AWS_ROLE_ARN: podRole, AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token', AWS_REGION: 'eu-west-1' },
  files: { '/var/run/token': `${webToken}\n` },
}

dnsProviderContract({
  ...shared,
  variant: 'web identity of the ServiceAccount',
  spec: {},
  credentials: {},
  ambient: pod,
  world: () => world({ key: ofPod, secrets: [webToken, ofPod.secret, ofPod.session], sts: withWebIdentity }),
})

dnsProviderContract({
  ...shared,
  variant: 'role by web identity',
  spec: { role },
  credentials: {},
  ambient: pod,
  world: () =>
    world({
      key: ofRole,
      secrets: [webToken, ofPod.secret, ofPod.session, ofRole.secret, ofRole.session],
      sts: (call) =>
        call.body.includes('WithWebIdentity')
          ? withWebIdentity(call)
          : assumeRole(call, ofPod, 'https://sts.eu-west-1.amazonaws.com'),
    }),
})

dnsProviderContract({
  ...shared,
  variant: 'temporary key in the environment',
  spec: {},
  credentials: {},
  ambient: {
    variables: { AWS_ACCESS_KEY_ID: ofPod.id, AWS_SECRET_ACCESS_KEY: ofPod.secret, AWS_SESSION_TOKEN: ofPod.session },
  },
  world: () => world({ key: ofPod, secrets: [ofPod.secret, ofPod.session] }),
})
