/** Certificates of all sorts: as our CA issues them, as openssl makes them, put together from odd parts, and changed at random. */
import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { encodeBits, encodeElement, encodeOid, encodeSequence, encodeUnsigned } from '../../../src/pki/der.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { makeWithOpenssl } from '../../../test/support/openssl-certificate.ts'
import { inputsOf } from '../corpus.ts'
import type { Dice } from '../dice.ts'
import { mutateDer } from '../mutateder.ts'
import { someExtensions, someName, someSerial, someTime } from './odd.ts'

export interface Sample {
  readonly origin: 'openssl' | 'corpus' | 'parts' | 'changed'
  readonly der: Der
}

const makings: readonly Parameters<typeof makeWithOpenssl>[0][] = [
  {},
  { key: ['rsa:2048'], subject: '/C=FR/O=Example/CN=rsa' },
  { key: ['ed25519'], subject: '/CN=ed' },
  { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], options: ['-sha384'] },
  { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], options: ['-sha512'] },
  { extensions: 'subjectAltName=DNS:a.test,DNS:*.b.test,IP:10.0.0.1,IP:2001:db8::1,URI:spiffe://a/b,email:a@b.test' },
  { extensions: 'subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com,RID:1.2.3.4' },
  { extensions: 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign' },
  { extensions: 'keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth,1.2.3.4' },
  { extensions: 'keyUsage=encipherOnly,keyAgreement\n1.2.3.4=critical,DER:0500' },
  { subject: '/CN=\u00e4\u20ac/O=\u00fc', options: ['-set_serial', '0x00ffffffffffffffffffffffffffffffffffffffff'] },
  { subject: '/CN=multi+OU=valued/DC=example/DC=com', options: ['-multivalue-rdn', '-days', '36500'] },
  { key: ['rsa:2048'], options: ['-sigopt', 'rsa_padding_mode:pss', '-sha384'] },
]

const algorithm = encodeSequence(encodeOid('1.2.840.10045.4.3.2'))

function keyOfParts(): { readonly privateKey: KeyObject; readonly publicKey: Der } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, publicKey: asDer(publicKey.export({ type: 'spki', format: 'der' })) }
}

/** Signed by its own key; its issuer is its subject in one of three, so that some of them are self-signed. */
function fromParts(dice: Dice, { privateKey, publicKey }: ReturnType<typeof keyOfParts>): Der {
  const subject = someName(dice)
  const body = encodeSequence(
    ...(dice.oneIn(12) ? [] : [encodeElement(0xa0, encodeUnsigned(Uint8Array.of(2)))]),
    someSerial(dice),
    algorithm,
    dice.oneIn(3) ? subject : someName(dice),
    encodeSequence(someTime(dice), someTime(dice)),
    subject,
    publicKey,
    ...someExtensions(dice),
  )
  const signature = sign('sha256', body, privateKey)
  return encodeSequence(body, algorithm, encodeBits(signature))
}

/** @returns as many certificates as are asked for, the same ones for the same dice but for their keys and signatures */
export function* certificates(count: number, dice: Dice): Generator<Sample> {
  const openssl = makings.map(makeWithOpenssl)
  const corpus = inputsOf('certificate').map(asDer)
  const key = keyOfParts()
  const bases = [...openssl, ...corpus]
  let left = count
  for (const [index, der] of bases.slice(0, count).entries()) {
    left -= 1
    yield { origin: index < openssl.length ? 'openssl' : 'corpus', der }
  }
  for (; left > 0; left -= 1) {
    if (!dice.oneIn(3)) yield { origin: 'parts', der: fromParts(dice, key) }
    else yield { origin: 'changed', der: changed(dice, dice.oneIn(2) ? fromParts(dice, key) : dice.pick(bases), bases) }
  }
}

function changed(dice: Dice, der: Der, bases: readonly Der[]): Der {
  const tools = { dice, words: [], longest: 16_384, other: () => dice.pick(bases) }
  return asDer(Uint8Array.from(mutateDer(der, tools)))
}
