/** Certification requests as an EST server sees them (RFC 2986). */
import { readOid } from '../../../src/pki/readder.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { elementOf, inside } from '../scep-server/cms.ts'
import { readCsr } from '../scep-server/csr.ts'
import type { Csr } from '../scep-server/csr.ts'

export interface EstCsr extends Csr {
  /** Lower-case hex of the Name. */
  readonly rawSubject: string
  /** Extensions in the extensionRequest: hex of the octets in extnValue, by object identifier. */
  readonly extensions: ReadonlyMap<string, string>
  /** Object identifiers of the attributes with the first value of each, DER. */
  readonly attributes: ReadonlyMap<string, Der>
}

const extensionRequest = '1.2.840.113549.1.9.14'

export function readEstCsr(der: Uint8Array): EstCsr | undefined {
  const csr = readCsr(der)
  const [info] = inside(elementOf(der))
  const [, subject, , attributes] = inside(info)
  if (csr === undefined || subject === undefined) return undefined
  const values = new Map<string, Der>()
  for (const one of inside(attributes)) {
    const [id, set] = inside(one)
    const [value] = inside(set)
    if (value !== undefined) values.set(readOid(id, 'attribute'), value.encoded)
  }
  return {
    ...csr,
    rawSubject: hex(subject.encoded),
    attributes: values,
    extensions: new Map(
      inside(elementOf(values.get(extensionRequest) ?? new Uint8Array())).map((one) => {
        const parts = inside(one)
        return [readOid(parts[0], 'extension'), hex(parts.at(-1)?.content ?? new Uint8Array())] as const
      }),
    ),
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Subject and alternative names of a certificate, as hex of their octets. */
export function rawNames(certificate: Der): { readonly subject: string; readonly names: string | undefined } {
  const [body] = inside(elementOf(certificate))
  const fields = inside(body)
  const extensions = inside(inside(fields.find(({ tag }) => tag === 0xa3))[0])
  const names = extensions.find((one) => readOid(inside(one)[0], 'extension') === '2.5.29.17')
  return {
    subject: hex(fields[5]?.encoded ?? new Uint8Array()),
    names: names && hex(inside(names).at(-1)?.content ?? new Uint8Array()),
  }
}
