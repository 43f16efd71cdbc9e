import type { AuthorityRecord, SeenAuthority } from '../../../../src/domain/authority/record.ts'

/** A root named after its key. */
export const seen = (name: string, more: Partial<SeenAuthority> = {}): SeenAuthority => ({
  subject: 'CN=CA',
  role: 'Root',
  state: 'Current',
  trustedBy: 'Settings',
  fingerprintSHA256: `print-${name}`,
  keyId: `key-${name}`,
  notAfter: '2036-01-01T00:00:00Z',
  certificate: `pem-${name}\n`,
  ...more,
})

export const record = (name: string, since: string, more: Partial<AuthorityRecord> = {}): AuthorityRecord => ({
  ...seen(name),
  since,
  ...more,
})
