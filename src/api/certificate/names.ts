/** The names in a certificate: subject, subject alternative names, name constraints. */
import { z } from 'zod'
import { matching, placed, ruled } from '../rule.ts'
import { list, text } from '../schema.ts'
import { dnsName, email, ipAddress, ipRange, objectIdentifier, uri } from '../texts.ts'

/**
 * A certificate of more than 36,500 bytes is not stored, and 1000 names of 30 characters fill that. Without a bound the API
 * server could not price the rules.
 */
const manyNames = 1000
const someNames = 250

const part = (description: string): z.ZodExactOptional<z.ZodArray<z.ZodString>> =>
  list(text(128, 'One value of the attribute.'), { max: 16, description }).exactOptional()

const country = ruled(
  text(64, 'A country.'),
  placed(
    [
      matching(/^[A-Za-z]{2}$/, {
        message: 'A country is written with its two letters of ISO 3166, for example FR.',
        accepts: ['FR', 'de'],
        rejects: ['France', 'F', 'FRA', 'F1'],
      }),
    ],
    (value) => ({ subject: { countries: [value] } }),
  ),
)

export const subject = z
  .object({
    organizations: part('Organizations (O).'),
    countries: list(country, { max: 16, description: 'Countries (C), two letters each.' }).exactOptional(),
    organizationalUnits: part('Organizational units (OU).'),
    localities: part('Cities (L).'),
    provinces: part('States or provinces (ST).'),
    streetAddresses: part('Street addresses (STREET).'),
    postalCodes: part('Postal codes.'),
    serialNumber: text(64, 'The serial number of the subject, not of the certificate.').exactOptional(),
  })
  .meta({ description: 'Parts of the subject besides the common name.' })

export const commonName = text(
  64,
  'The common name of the subject (CN), at most 64 characters. Clients look at the alternative names; a CN is for people and for old software.',
)

export const literalSubject = text(
  4096,
  'The whole subject as an RFC 4514 string, for example "CN=web,OU=Team,O=Example", most specific part first. Excludes subject and commonName.',
)

export const dnsNames = list(
  ruled(
    text(253, 'A DNS name.'),
    placed(dnsName, (name) => ({ dnsNames: [name] })),
  ),
  { max: manyNames, description: 'DNS names (dNSName). A name may start with "*." where the CA allows it.' },
)

export const ipAddresses = list(
  ruled(
    text(45, 'An IP address.'),
    placed(ipAddress, (address) => ({ ipAddresses: [address] })),
  ),
  { max: manyNames, description: 'IP addresses (iPAddress), IPv4 or IPv6.' },
)

export const uris = list(
  ruled(
    text(2048, 'A URI.'),
    placed(uri, (value) => ({ uris: [value] })),
  ),
  { max: someNames, description: 'URIs (uniformResourceIdentifier), for example SPIFFE IDs.' },
)

export const emailAddresses = list(
  ruled(
    text(254, 'An e-mail address.'),
    placed(email, (address) => ({ emailAddresses: [address] })),
  ),
  { max: someNames, description: 'E-mail addresses (rfc822Name).' },
)

export const otherNames = list(
  z
    .object({
      oid: ruled(
        text(256, 'The object identifier that says what kind of name this is.'),
        placed(objectIdentifier, (oid) => ({ otherNames: [{ oid, utf8Value: 'name' }] })),
      ),
      utf8Value: text(1024, 'The name, stored as a UTF8String.'),
    })
    .meta({ description: 'A name of a kind that X.509 does not know by itself.' }),
  {
    max: someNames,
    description: 'Other names (otherName), for example the user principal name with OID 1.3.6.1.4.1.311.20.2.3.',
  },
)

const domain = placed(
  [
    matching(/^[.]?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/, {
      message: 'This is not a domain; write it as example.com, without a wildcard.',
      accepts: ['example.com', '.example.com', 'local'],
      rejects: ['*.example.com', 'exa_mple.com', 'example.com.'],
    }),
  ],
  (value) => ({ isCA: true, nameConstraints: { permitted: { dnsDomains: [value] } } }),
)

const subtrees = (description: string) =>
  z
    .object({
      dnsDomains: list(ruled(text(254, 'A domain.'), domain), {
        max: someNames,
        description: 'Domains; each stands for itself and everything below it.',
      }).exactOptional(),
      ipRanges: list(
        ruled(
          text(49, 'A range of IP addresses.'),
          placed(ipRange, (range) => ({ isCA: true, nameConstraints: { excluded: { ipRanges: [range] } } })),
        ),
        { max: someNames, description: 'Ranges of IP addresses in CIDR notation, for example 10.0.0.0/8.' },
      ).exactOptional(),
      emailAddresses: list(text(254, 'A mailbox, a host, or a domain with a leading dot.'), {
        max: someNames,
        description: 'Mailboxes, hosts (example.com) or domains (.example.com) of e-mail addresses.',
      }).exactOptional(),
      uriDomains: list(text(254, 'A host, or a domain with a leading dot.'), {
        max: someNames,
        description: 'Hosts (example.com) or domains (.example.com) of URIs.',
      }).exactOptional(),
    })
    .meta({ description })

export const nameConstraints = z
  .object({
    critical: z
      .boolean()
      .exactOptional()
      .meta({ description: 'Whether software that does not know name constraints must reject the certificate.' }),
    permitted: subtrees('Only these names may stand in certificates below this CA.').exactOptional(),
    excluded: subtrees(
      'These names may not stand in certificates below this CA, even where permitted.',
    ).exactOptional(),
  })
  .meta({
    description: 'Which names certificates below this CA may carry (RFC 5280 section 4.2.1.10). Only with isCA.',
  })
