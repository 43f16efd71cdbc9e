/** The private key and what may be signed with it. */
import { z } from 'zod'
import { ruled } from '../rule.ts'

const curves: readonly number[] = [256, 384, 521]

export const privateKey = ruled(
  z
    .object({
      algorithm: z
        .enum(['RSA', 'ECDSA', 'Ed25519'])
        .exactOptional()
        .meta({ description: 'The kind of key. RSA when not given.' }),
      size: z.int().min(0).max(8192).exactOptional().meta({
        description:
          'The size of the key: bits for RSA (2048 to 8192, 2048 when not given), the curve for ECDSA (256, 384 or 521, 256 when not given). Ignored for Ed25519.',
      }),
      encoding: z.enum(['PKCS1', 'PKCS8']).exactOptional().meta({
        description:
          'How tls.key is encoded: PKCS1 (for ECDSA: SEC 1) or PKCS8. PKCS1 when not given; an Ed25519 key is always PKCS8.',
      }),
      rotationPolicy: z.enum(['Always', 'Never']).exactOptional().meta({
        description:
          'Always: every new certificate gets a new key. Never: the key in the Secret is kept, and if it no longer fits the spec the Certificate waits for a person. Always when not given.',
      }),
    })
    .meta({ description: 'The private key, which Perennial makes.' }),
  [
    {
      cel: "!has(self.size) || (has(self.algorithm) && self.algorithm == 'Ed25519') || (has(self.algorithm) && self.algorithm == 'ECDSA' ? self.size in [256, 384, 521] : self.size >= 2048)",
      holds: ({ algorithm = 'RSA', size }) =>
        size === undefined || algorithm === 'Ed25519' || (algorithm === 'ECDSA' ? curves.includes(size) : size >= 2048),
      message:
        'The size does not fit the algorithm: RSA takes 2048 to 8192, ECDSA takes 256, 384 or 521. RSA is meant when algorithm is not given.',
      field: 'size',
      accepts: [
        { privateKey: {} },
        { privateKey: { size: 2048 } },
        { privateKey: { algorithm: 'RSA', size: 8192 } },
        { privateKey: { algorithm: 'ECDSA' } },
        { privateKey: { algorithm: 'ECDSA', size: 256 } },
        { privateKey: { algorithm: 'ECDSA', size: 521 } },
        { privateKey: { algorithm: 'Ed25519' } },
        { privateKey: { algorithm: 'Ed25519', size: 256 } },
      ],
      rejects: [
        { privateKey: { size: 1024 } },
        { privateKey: { size: 256 } },
        { privateKey: { algorithm: 'RSA', size: 2047 } },
        { privateKey: { algorithm: 'ECDSA', size: 2048 } },
        { privateKey: { algorithm: 'ECDSA', size: 512 } },
      ],
    },
  ],
)

export const signatureAlgorithm = z
  .enum([
    'SHA256WithRSA',
    'SHA384WithRSA',
    'SHA512WithRSA',
    'ECDSAWithSHA256',
    'ECDSAWithSHA384',
    'ECDSAWithSHA512',
    'PureEd25519',
  ])
  .meta({
    description:
      'The algorithm that the request is signed with; it must fit the key. Most CAs choose the algorithm of the certificate themselves.',
  })

/** RFC 5280 sections 4.2.1.3 and 4.2.1.12, in the words of cert-manager.io/v1. */
export const usage = z
  .enum([
    'signing',
    'digital signature',
    'content commitment',
    'key encipherment',
    'key agreement',
    'data encipherment',
    'cert sign',
    'crl sign',
    'encipher only',
    'decipher only',
    'any',
    'server auth',
    'client auth',
    'code signing',
    'email protection',
    's/mime',
    'ipsec end system',
    'ipsec tunnel',
    'ipsec user',
    'timestamping',
    'ocsp signing',
    'microsoft sgc',
    'netscape sgc',
  ])
  .meta({ description: 'What the key may be used for.' })
