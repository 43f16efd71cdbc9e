import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { placesOf } from '../../../../../../src/enroll/solvers/dns01/route53/places.ts'
import {
  plainName,
  readChange,
  readCredentials,
  readRecordSet,
  readZones,
} from '../../../../../../src/enroll/solvers/dns01/route53/wire.ts'
import { elementsAt, escapeXml, readXml, textAt } from '../../../../../../src/enroll/solvers/dns01/route53/xml.ts'

describe('XML as AWS writes it', () => {
  it('is elements and text', () => {
    const root = readXml(
      '<?xml version="1.0"?>\n<!-- c --><a x="1" y=\'2\'><b>1 &lt; 2 &#38; &#x41;</b><b/><c>\n<d>3</d></c></a>\n',
    )
    expect(elementsAt(root, 'b').map(({ text }) => text)).toEqual(['1 < 2 & A', ''])
    expect(textAt(root, 'c', 'd')).toBe('3')
    expect(textAt(root, 'c', 'e')).toBeUndefined()
    expect(textAt(undefined, 'c')).toBeUndefined()
  })

  it.each([
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a></a><b></b>',
    '<a>&nbsp;</a>',
    '<a>&</a>',
    '<a x=1></a>',
    '<a><![CDATA[x]]></a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  ])('is not %j', (text) => {
    expect(readXml(text)).toBeUndefined()
  })

  it('holds any text that was escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(readXml(`<a>${escapeXml(text)}</a>`)?.text).toBe(text)
      }),
    )
  })

  it('never throws and never hangs on anything else', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      ' ',
      '"',
      "'",
      '=',
      '&',
      ';',
      '#',
      '!--',
      '?',
      '<a>',
      '</a>',
      '&#9;',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('')
        for (const read of [readXml, readZones, readChange, readCredentials, (one: string) => readRecordSet(one, 'x')])
          expect(() => read(text)).not.toThrow()
      }),
    )
  })

  it('names what Route 53 writes with octal numbers', () => {
    expect(plainName('\\052.Example.COM.')).toBe('*.example.com')
    expect(plainName('_acme-challenge.example.com.')).toBe('_acme-challenge.example.com')
  })
})

describe('where AWS is called', () => {
  it.each([
    [undefined, 'https://sts.us-east-1.amazonaws.com', 'https://route53.amazonaws.com', 'us-east-1'],
    ['eu-central-1', 'https://sts.eu-central-1.amazonaws.com', 'https://route53.amazonaws.com', 'us-east-1'],
    ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn', 'https://route53.amazonaws.com.cn', 'cn-northwest-1'],
    [
      'us-gov-east-1',
      'https://sts.us-gov-east-1.amazonaws.com',
      'https://route53.us-gov.amazonaws.com',
      'us-gov-west-1',
    ],
    ['evil.example.com/', 'https://sts.us-east-1.amazonaws.com', 'https://route53.amazonaws.com', 'us-east-1'],
  ])('for the region %s', (region, sts, route53, route53Region) => {
    expect(placesOf(region)).toMatchObject({ sts, route53, route53Region })
  })
})
