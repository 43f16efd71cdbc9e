/** Which values the chart takes, and what it says of those that it does not. Helm does it; no cluster is needed. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { settings } from '../../src/settings.ts'
import { isJsonObject } from '../../src/std/json.ts'
import { at, chart, render } from '../support/helm.ts'

describe('a values file with a mistake', () => {
  it.each([
    [{ replica: 2 }, "additional properties 'replica' not allowed"],
    [{ image: { repo: 'x' } }, "at '/image': additional properties 'repo' not allowed"],
    [{ crds: { keeep: true } }, "at '/crds': additional properties 'keeep' not allowed"],
    [{ replicas: 'two' }, "at '/replicas': got string, want integer"],
    [{ shards: 0 }, "at '/shards': minimum: got 0, want 1"],
    [{ image: { pullPolicy: 'Sometimes' } }, "at '/image/pullPolicy': value must be one of"],
    [{ image: { digest: 'sha256:1' } }, "at '/image/digest'"],
    [{ namespaces: 'a' }, "at '/namespaces': got string, want array"],
    [{ namespaces: ['A'] }, "at '/namespaces/0'"],
    [{ metrics: { serviceMonitor: { interval: 'often' } } }, "at '/metrics/serviceMonitor/interval'"],
    [{ config: { namespaces: 'a' } }, "at '/config': additional properties 'namespaces' not allowed"],
    [{ config: { 'log-levle': 'debug' } }, "at '/config': additional properties 'log-levle' not allowed"],
    [{ tlsAlpn01: { serviceType: 'Loadbalancer' } }, "at '/tlsAlpn01/serviceType': value must be one of"],
  ])('%j is refused: %s', async (values, sentence) => {
    await expect(render(values)).rejects.toThrow(sentence)
  })

  it('finds no object in the schema that takes any key, but for what Kubernetes itself defines', () => {
    expect(open(parse(readFileSync(`${chart}/values.schema.json`, 'utf8')), '')).toEqual([])
  })

  it('knows every value of values.yaml, and documents every one that the schema knows', () => {
    const schema: unknown = parse(readFileSync(`${chart}/values.schema.json`, 'utf8'))
    const values: unknown = parse(readFileSync(`${chart}/values.yaml`, 'utf8'))
    expect(
      keysOfSchema(schema).filter(
        (key) => key !== 'global' && !key.startsWith('config.') && at(values, key) === undefined,
      ),
    ).toEqual([])
  })

  it('takes each flag of the operator under config, but for those that the chart gives itself', () => {
    const schema: unknown = parse(readFileSync(`${chart}/values.schema.json`, 'utf8'))
    const known = at(schema, 'properties.config.properties')
    const flags = Object.keys(settings).map((key) => key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`))
    expect(Object.keys(isJsonObject(known) ? known : {})).toEqual(flags.filter((flag) => !given.has(flag)))
  })
})

/** Flags that a value of the chart stands for, or that must fit what else the chart makes. */
const given: ReadonlySet<string> = new Set(
  [
    'kubeconfig service-account-directory identity cluster-resource-namespace leader-election-namespace namespaces',
    'cluster-issuers leader-election-name shards metrics-address http01-address http01-service http01-self-check',
    'tls-alpn01-address web-address inventory ingress cert-manager-annotations default-issuer cluster-addresses',
  ].flatMap((line) => line.split(' ')),
)

/** Of Kubernetes: the API server knows their keys. */
const foreign = /^\/(?:resources|affinity|dnsConfig|global)$|\/items$/

function open(schema: unknown, path: string): readonly string[] {
  if (!isJsonObject(schema)) return []
  const own = schema['type'] === 'object' && schema['additionalProperties'] === undefined && !foreign.test(path)
  const members = isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : []
  return [
    ...(own ? [path] : []),
    ...members.flatMap(([key, member]) => open(member, `${path}/${key}`)),
    ...open(schema['items'], `${path}/items`),
  ]
}

function keysOfSchema(schema: unknown, path = ''): readonly string[] {
  const members = isJsonObject(schema) && isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : []
  return members.flatMap(([key, member]) => {
    const full = path === '' ? key : `${path}.${key}`
    return [full, ...keysOfSchema(member, full)]
  })
}
