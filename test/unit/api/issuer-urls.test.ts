/** No address that leads elsewhere than to a CA gets as far as the cluster: refused when the issuer is applied. */
import { describe, expect, it } from '@jest/globals'
import { parseIssuer } from '../../../src/api/issuer.ts'

const fields: Readonly<Record<string, (url: string) => object>> = {
  'acme.server': (server) => ({ acme: { server, privateKeySecretRef: { name: 'account' } } }),
  'est.server': (server) => ({ est: { server } }),
  'scep.url': (url) => ({ scep: { url, caFingerprint: 'ab'.repeat(32) } }),
  'cmp.url': (url) => ({ cmp: { url, sharedSecret: { reference: 'r', secretRef: { name: 's', key: 'k' } } } }),
  'proxy.url': (url) => ({ selfSigned: {}, proxy: { url } }),
}

const urls = [
  'unix:/run/containerd/containerd.sock',
  'http+unix://%2Frun%2Fsock/',
  'file:///etc/passwd',
  'gopher://ca.example.com/_x',
  'ftp://ca.example.com/',
  'ldap://ca.example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  '//ca.example.com/',
  'https://user@ca.example.com/',
  'https://user:password@ca.example.com/',
  'https://',
  ' https://ca.example.com/',
  'https://ca.example.com/\r\nX-Injected: 1',
]

const issuer = (spec: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: { name: 'ca', namespace: 'team' },
  spec,
})

describe.each(Object.keys(fields))('spec.%s', (field) => {
  it.each(urls)('refuses %j', (url) => {
    const parsed = parseIssuer(issuer(fields[field]?.(url) ?? {}))
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(field) })
  })

  it('takes a plain address', () => {
    const url = field === 'proxy.url' ? 'http://proxy.example.com:3128' : 'https://ca.example.com'
    const parsed = parseIssuer(issuer(fields[field]?.(url) ?? {}))
    expect(parsed.ok ? '' : parsed.error).not.toContain(field)
  })
})
