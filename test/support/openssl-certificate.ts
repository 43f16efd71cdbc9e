/** Certificates that openssl makes, as odd as it can. */
import { readCertificates } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { openssl } from './openssl.ts'
import { unwrap } from './unwrap.ts'

export interface Making {
  readonly key?: readonly string[]
  readonly subject?: string
  readonly extensions?: string
  readonly options?: readonly string[]
}

/** A certificate that openssl made, and its PEM. */
export function makeWithOpenssl({
  key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  subject = '/CN=a',
  extensions = '',
  options = [],
}: Making): Der {
  const config = `[req]\ndistinguished_name=dn\nutf8=yes\n[dn]\n[v3]\n${extensions}\n`
  const run = openssl(
    [
      'req -x509 -nodes -keyout k.pem -utf8 -config c.cnf -extensions v3 -newkey'.split(' '),
      key,
      '-subj',
      subject,
      options,
    ].flat(),
    { 'c.cnf': config },
  )
  const [der] = unwrap(readCertificates(run.text))
  if (der === undefined) throw new Error(run.text)
  return der
}
