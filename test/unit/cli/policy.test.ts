import { afterEach, describe, expect, it } from '@jest/globals'
import { CliDesk, certificate, runInProcess as run } from '../../support/clitool.ts'
import type { CliEnd } from '../../support/clitool.ts'

const desks: CliDesk[] = []

afterEach(() => {
  for (const one of desks.splice(0)) one.remove()
})

/** Runs `policy test` on manifests. */
async function judge(objects: readonly object[], ...more: readonly string[]): Promise<CliEnd> {
  const desk = new CliDesk()
  desks.push(desk)
  return run(['policy', 'test', '-f', desk.file('all.yaml', ...objects), ...more])
}

const policy = (name: string, spec: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'CertificatePolicy',
  metadata: { name },
  spec,
})
const namespace = (name: string, labels: object): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
})

const web = certificate('web', 'ca', { dnsNames: ['web.example.com'] })
const names = policy('names', { rules: { names: { dns: { allow: ['.example.org'] } } } })

describe('policy test', () => {
  it('ends with 2 where a policy denies, and says by which rule and what is allowed', async () => {
    expect(await judge([names, web])).toEqual({
      code: 2,
      stdout:
        'Certificate default/web: denied\n' +
        '  names (Enforce), rules.names.dns.allow: DNS name web.example.com is not allowed; allowed is .example.org\n',
      stderr: '',
    })
  })

  it('ends with 0 where all is allowed, or a policy only watches', async () => {
    const open = policy('open', { rules: { isCA: false } })
    expect(await judge([open, web])).toMatchObject({ code: 0, stdout: 'Certificate default/web: allowed by open\n' })
    const watch = policy('watch', { mode: 'Audit', rules: { isCA: true } })
    const { code, stdout } = await judge([watch, web])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Certificate default\/web: allowed, and told of\n {2}watch \(Audit\), rules.isCA: /)
  })

  it('fills in defaults, as the operator does', async () => {
    const both = policy('both', {
      defaults: { privateKey: { algorithm: 'ECDSA', size: 384 } },
      rules: { privateKey: { allow: [{ algorithm: 'ECDSA', minSize: 384 }] } },
    })
    expect(await judge([both, web])).toMatchObject({ code: 0 })
  })

  it('takes labels of namespaces from their manifests', async () => {
    const prod = policy('prod', { selector: { namespaces: { matchLabels: { tier: 'prod' } } }, deny: 'Everything' })
    const without = await judge([prod, web], '-n', 'shop')
    expect(without).toMatchObject({ code: 0, stdout: 'Certificate shop/web: selected by no policy\n' })
    expect(without.stderr).toMatch(
      /prod selects none of these.*\n.*namespace shop only the name is known; add its manifest/,
    )
    expect(await judge([prod, web, namespace('shop', { tier: 'prod' })], '-n', 'shop')).toMatchObject({ code: 2 })
    const byName = policy('shop', {
      selector: { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } },
      deny: 'Everything',
    })
    expect(await judge([byName, web], '--namespace', 'shop')).toMatchObject({ code: 2 })
  })

  it('prints YAML, and who selects what, where asked to', async () => {
    expect((await judge([names, web], '-o', 'yaml')).stdout).toMatch(
      /^certificates:\n  - namespace: default\n    name: web\n/,
    )
    expect((await judge([names, web], '-o', 'wide')).stdout).toMatch(/^  selected by names$/m)
  })

  it('prints one object for programs', async () => {
    const { code, stdout } = await judge([names, web], '-o', 'json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      certificates: [
        {
          namespace: 'default',
          name: 'web',
          verdict: 'Denied',
          judgedBy: ['names'],
          violations: [
            {
              policy: 'names',
              mode: 'Enforce',
              rule: 'rules.names.dns.allow',
              about: 'Request',
              message: 'DNS name web.example.com is not allowed; allowed is .example.org',
            },
          ],
        },
      ],
    })
  })

  it('says what a policy takes back of itself', async () => {
    const torn = policy('torn', { rules: { names: { dns: { allow: ['web.example.com'], deny: ['.example.com'] } } } })
    expect((await judge([torn, web])).stderr).toMatch(/^note: CertificatePolicy torn: rules.names.dns.allow has /)
  })

  it('says which two policies no certificate keeps', async () => {
    const [longest, shortest] = [
      policy('a', { rules: { duration: { max: '24h' } } }),
      policy('b', { rules: { duration: { min: '48h' } } }),
    ]
    const { stderr } = await judge([longest, shortest, web])
    expect(stderr).toMatch(/^note: CertificatePolicy a: rules\.duration\.max is 24h, .* of CertificatePolicy b is 48h/m)
    expect(stderr).toMatch(/^note: CertificatePolicy b: rules\.duration\.min is 48h, .* of CertificatePolicy a is 24h/m)
  })

  it.each([
    [[web], /hold no CertificatePolicy; add the policies/],
    [[names], /hold no Certificate; add some/],
    [[names, names, web], /CertificatePolicy names is given twice/],
    [[policy('p', { rules: { nothing: 1 } }), web], /all.yaml, document 1: unknown field "spec.rules.nothing"/],
    [
      [policy('p', { rules: { isCA: false, a: 1 }, b: 1 }), web],
      /unknown field "spec.rules.a", unknown field "spec.b"\./,
    ],
    [[policy('p', {}), web], /In spec: This policy asks for nothing: set rules, defaults or deny/],
    [
      [policy('p', { rules: { duration: { min: '48h', max: '24h' } } }), web],
      /In spec.rules.duration: min is longer than max/,
    ],
    [
      [policy('p', { rules: { names: { uris: { allow: ['spiffe://**/x'] } } } }), web],
      /In spec.rules.names.uris.allow\[0\]: Two asterisks/,
    ],
    [
      [
        policy('p', { rules: { duration: { min: '48h', max: '24h' }, names: { dns: { allow: ['b_c.example'] } } } }),
        web,
      ],
      /In spec.rules.duration: min is longer than max.* In spec.rules.names.dns.allow\[0\]: /,
    ],
    [[{ ...names, apiVersion: 'policy.cert-manager.io/v1' }, web], /write apiVersion: perennial.dev\/v1/],
  ])('ends with 1 where a manifest is wrong: %#', async (objects, message) => {
    const { code, stdout, stderr } = await judge(objects)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it.each([
    [['policy'], /kubectl perennial policy test\./],
    [['policy', 'tset', '-f', 'x'], /and not "tset"/],
    [['policy', 'test'], /needs manifests: -f policy.yaml/],
    [['policy', 'test', '-f', '-', '-f', '-'], /give -f - once/],
    [['policy', 'test', '-f', 'x', '-o', 'csv'], /-o is one of text, wide, json, yaml, not "csv"/],
    [['policy', 'test', '-f', '/nowhere.yaml'], /nowhere.yaml cannot be read/],
  ])('ends with 1 where the command line is wrong: %j', async (argv, message) => {
    const { code, stderr } = await run(argv)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })
})
