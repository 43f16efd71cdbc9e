/** Rules about texts that stand in several places: names, addresses, durations. */
import { parseGoDuration } from '../std/duration.ts'
import { canonicalIp } from '../std/ip.ts'
import { hours, minutes, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { celText, matching } from './rule.ts'
import type { TextRule } from './rule.ts'

const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

/** RFC 5280 section 4.2.1.6 ("preferred name syntax"), with a wildcard as the whole leftmost label (RFC 6125 section 6.4.3). */
export const dnsName: readonly TextRule[] = [
  matching(new RegExp(`^([*][.])?${label}([.]${label})*$`), {
    message:
      'This is not a DNS name: labels of letters, digits and inner hyphens, each at most 63 long, joined by dots; "*." may stand in front; write international names in their xn-- form.',
    accepts: ['a', 'www.example.com', '*.example.com', 'WWW.Example.COM', 'xn--bcher-kva.example', 'a--b.1c.example'],
    rejects: [
      '-a.example',
      'a-.example',
      'a_b.example',
      'a..example',
      '.example',
      'example.',
      'a b.example',
      'b\u00fccher.example',
      '*',
      'www.*.example',
      'w*.example',
      'https://example.com',
      'example.com:443',
      `${'a'.repeat(64)}.example`,
      'a.example\n',
    ],
  }),
  {
    cel: "!self.matches('^[0-9.]+$')",
    holds: (name) => !/^[0-9.]+$/.test(name),
    message: 'This is an IP address or a number, not a DNS name; IP addresses belong into ipAddresses.',
    accepts: ['1.example', '10-0-0-1.example'],
    rejects: ['10.0.0.1', '127'],
  },
]

/** netip.ParseAddr without zones and without IPv4 in IPv6, as `isIP` of the server's CEL library. */
export function isIp(address: string): boolean {
  const canonical = canonicalIp(address)
  if (canonical === undefined || /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(canonical)) return false
  const dotted = address.slice(address.lastIndexOf(':') + 1)
  return !dotted.includes('.') || dotted.split('.').every((part) => /^(0|[1-9]\d*)$/.test(part))
}

export const ipAddress: readonly TextRule[] = [
  {
    cel: 'isIP(self)',
    holds: isIp,
    message:
      'This is not an IP address; write IPv4 as 192.0.2.1 and IPv6 as 2001:db8::1, without port, prefix or zone.',
    accepts: [
      '192.0.2.1',
      '2001:db8::1',
      '::1',
      '2001:DB8:0:0:0:0:0:1',
      '0.0.0.0',
      '64:ff9b::192.0.2.33',
      '00::0:0',
      '::ffff:1',
    ],
    rejects: [
      '192.0.2.256',
      '192.0.2',
      '192.0.2.01',
      '::192.0.2.01',
      '192.0.2.1:443',
      '192.0.2.0/24',
      '[2001:db8::1]',
      'fe80::1%eth0',
      '::ffff:192.0.2.1',
      '1::2::3',
      'localhost',
    ],
  },
]

/** `isCIDR` of the server's CEL library. */
export function isCidr(range: string): boolean {
  const found = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(range)
  if (found === null) return false
  const [, address = '', prefix] = found
  return isIp(address) && Number(prefix) <= (address.includes(':') ? 128 : 32)
}

export const ipRange: readonly TextRule[] = [
  {
    cel: 'isCIDR(self)',
    holds: isCidr,
    message: 'This is not a range of IP addresses; write it as 10.0.0.0/8 or 2001:db8::/32.',
    accepts: ['10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '192.0.2.1/32'],
    rejects: ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '2001:db8::/129', '10.0.0/8', '10.0.0.0/255.0.0.0'],
  },
]

/** RFC 5280 section 4.2.1.6: an absolute URI in ASCII (RFC 3986). */
export const uri: readonly TextRule[] = [
  matching(/^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~@[\]%]+$/, {
    message:
      'This is not an absolute URI: it starts with a scheme, as in spiffe://cluster.local/ns/web or urn:uuid:..., and has no blanks and no characters outside ASCII.',
    accepts: ['spiffe://cluster.local/ns/web/sa/default', 'https://example.com/a?b=c#d', 'urn:uuid:6e8bc430-9c3a-11d9'],
    rejects: ['example.com/path', '//example.com', 'https://exa mple.com', 'https://b\u00fccher.example', '1a:b'],
  }),
]

/** RFC 5321 section 4.1.2, ASCII only, without quoted local parts and address literals. */
export const email: readonly TextRule[] = [
  matching(new RegExp(`^[A-Za-z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@${label}([.]${label})*$`), {
    message: 'This is not an e-mail address; write it as name@example.com, without a display name or angle brackets.',
    accepts: ['name@example.com', 'first.last+tag@mail.example.com', "o'neil@example.com"],
    rejects: [
      'example.com',
      'Name <name@example.com>',
      'a@b@example.com',
      'name@',
      'name@exa_mple.com',
      'a b@example.com',
    ],
  }),
]

/** The name of an object: a DNS subdomain in lower case (RFC 1123). */
export const objectName: readonly TextRule[] = [
  matching(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
    message:
      'This cannot be the name of a Kubernetes object: use lower-case letters, digits, hyphens and dots, with a letter or digit at both ends.',
    accepts: ['web', 'web-tls.example.com', '0'],
    rejects: ['Web', 'web_tls', '-web', 'web-', 'a..b', 'team/web', 'web.'],
  }),
]

/** An entry of a Secret. */
export const secretKey: readonly TextRule[] = [
  matching(/^[A-Za-z0-9._-]+$/, {
    message: 'This cannot be an entry of a Secret: use letters, digits, hyphens, underscores and dots.',
    accepts: ['password', 'tls.key', 'EAB_KEY-1'],
    rejects: ['a/b', 'pass word', 'p\u00e4ss'],
  }),
]

/** A dotted object identifier (X.660): the first arc is 0, 1 or 2. */
export const objectIdentifier: readonly TextRule[] = [
  matching(/^[0-2]([.](0|[1-9][0-9]*))+$/, {
    message: 'This is not an object identifier; write it with dots, for example 1.3.6.1.4.1.311.20.2.3.',
    accepts: ['1.3.6.1.4.1.311.20.2.3', '2.5'],
    rejects: ['3.1', '1', '1.02', 'oid:1.2', '1..2', '1.2.'],
  }),
]

/** One of several CAs or profiles of a server, as a segment of a well-known path. */
export const pathLabel: readonly TextRule[] = [
  matching(/^[A-Za-z0-9_~!$&'()*+,;=:@ -][A-Za-z0-9._~!$&'()*+,;=:@ -]*$/, {
    message:
      'This cannot be a label: it is one segment of the path, between two slashes, without slashes of its own and without a dot in front.',
    accepts: ['devices', 'Servers 2026', 'tls.server'],
    rejects: ['a/b', '../admin', '/devices', 'a%2Fb', 'a?b', '.well-known'],
  }),
]

/** What a CA can be known by: SHA-256 only, for others can be forged. */
export const fingerprintSample = '96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6'

export const sha256Fingerprint: readonly TextRule[] = [
  matching(/^[0-9A-Fa-f]{64}$/, {
    message:
      'This is not a SHA-256 fingerprint; write 64 hexadecimal digits without colons, as openssl x509 -noout -fingerprint -sha256 gives them without the colons. Fingerprints by MD5 and SHA-1 are not enough to trust a CA.',
    accepts: [fingerprintSample, fingerprintSample.toUpperCase()],
    rejects: ['96:bc:ec:06', 'd41d8cd98f00b204e9800998ecf8427e', 'sha256:96bcec06', 'CN=Example CA'],
  }),
]

/** Logins (`user:password@`) belong into Secrets; before a host they also hide which host is called. */
export const https: readonly TextRule[] = [
  matching(/^https:\/\/[A-Za-z0-9[][!$-.0-;=A-Z_a-z~[\]]*([/?#][!#-;=?-Z_a-z~@[\]%]*)?$/, {
    message: 'This is not an https URL without a login; write it as https://ca.example.com/directory.',
    accepts: ['https://acme-v02.api.letsencrypt.org/directory', 'https://localhost:14000/dir', 'https://[::1]:443/dir'],
    rejects: [
      'http://ca.example.com/directory',
      'ca.example.com',
      'https://',
      'https:///dir',
      'https://me:secret@ca.example.com',
    ],
  }),
]

export const http: readonly TextRule[] = [
  matching(/^https?:\/\/[A-Za-z0-9[][!$-.0-;=A-Z_a-z~[\]]*([/?#][!#-;=?-Z_a-z~@[\]%]*)?$/, {
    message: 'This is not an http or https URL without a login; write it as http://pki.example.com/ca.crl.',
    accepts: ['http://pki.example.com/ca.crl', 'https://pki.example.com:8443/ca.crl?delta=1'],
    rejects: ['ldap://pki.example.com', 'pki.example.com/ca.crl', 'http://', 'http://a b', 'http://me@pki.example.com'],
  }),
]

/** Hours, minutes and seconds in that order; digits are limited so that `duration()` of CEL cannot overflow. */
const durationPattern =
  /^([0-9]{1,6}([.][0-9]{1,3})?h([0-9]{1,7}([.][0-9]{1,3})?m)?([0-9]{1,9}([.][0-9]{1,3})?s)?|[0-9]{1,7}([.][0-9]{1,3})?m([0-9]{1,9}([.][0-9]{1,3})?s)?|[0-9]{1,9}([.][0-9]{1,3})?s)$/

/** CEL for "`member` is a duration that can be computed with". */
export const isDurationCel = (member: string): string => `${member}.matches(${celText(durationPattern.source)})`

/** The length of a duration of ours, or undefined for other text. */
export function durationOf(text: string): Duration | undefined {
  if (!durationPattern.test(text)) return undefined
  const parsed = parseGoDuration(text)
  return parsed.ok ? parsed.value : undefined
}

/** 100 years of 365 days: longer than any certificate lives, shorter than clocks and 64-bit nanoseconds can say. */
const century = { length: hours(876_000), text: '876000h' }

const leastLengths = { '1s': seconds(1), '10s': seconds(10), '1m': minutes(1) } as const

/** A duration from `least` to a century, in the spelling of Go. */
export function durationFrom(least: keyof typeof leastLengths): readonly TextRule[] {
  const from = leastLengths[least]
  return [
    {
      cel: `${isDurationCel('self')} && duration(self) >= duration('${least}') && duration(self) <= duration('${century.text}')`,
      holds: (text) => {
        const length = durationOf(text)
        return length !== undefined && length >= from && length <= century.length
      },
      message: `This is not a duration from ${least} to ${century.text} (a century); write it with h, m and s in that order, for example 2160h, 1h30m or 300s.`,
      accepts: [least, '5m', '300s', '1h30m', '1.5h', '1h0m0s'],
      rejects: [
        '0s',
        '-1h',
        '0.001s',
        '876000h1s',
        '999999h9999999m999999999s',
        '99999999999h',
        '90d',
        '90',
        '30m1h',
        '1h 30m',
        '1e3h',
        'h',
      ],
    },
  ]
}
