import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { compilePolicy, forbiddenCode, guardedLookup, privateRanges } from '../../../src/net/address.ts'
import type { AddressPolicy, Resolved } from '../../../src/net/address.ts'

function checkOf(policy: AddressPolicy) {
  const compiled = compilePolicy(policy)
  if (!compiled.ok) throw new Error(compiled.error)
  return compiled.value
}

const guard = checkOf({ kind: 'public', allow: [] })

describe('the address policy', () => {
  it.each([
    ['127.0.0.1'],
    ['127.255.255.254'],
    ['0.0.0.0'],
    ['169.254.169.254'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['224.0.0.1'],
    ['255.255.255.255'],
    ['::'],
    ['::1'],
    ['0:0:0:0:0:0:0:1'],
    ['fe80::1'],
    ['fe80::1%eth0'],
    ['ff02::1'],
    ['fd00:ec2::254'],
    ['::ffff:127.0.0.1'],
    ['::ffff:a9fe:a9fe'],
    ['::127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['64:ff9b::169.254.169.254'],
    ['2002:7f00:1::'],
    ['not an address'],
    [''],
  ])('refuses %s', (address) => {
    expect(guard(address)).toBe(false)
  })

  it.each([
    ['93.184.216.34'],
    ['10.0.0.1'],
    ['192.168.1.1'],
    ['2606:4700::1'],
    ['fd12:3456::1'],
    ['::ffff:93.184.216.34'],
    ['64:ff9b::5db8:d822'],
  ])('lets %s be called', (address) => {
    expect(guard(address)).toBe(true)
  })

  it('refuses private networks when they are denied, and what was taken out of them not', () => {
    const strict = checkOf({ kind: 'public', allow: ['10.1.0.0/16', 'fd00:1::/32'], deny: privateRanges })
    const verdicts = ['10.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.0.1', 'fd00:2::1', 'fd00:1::1', '8.8.8.8'].map(
      strict,
    )
    expect(verdicts).toEqual([false, true, false, false, false, true, true])
  })

  it('lets a single address be allowed', () => {
    const check = checkOf({ kind: 'public', allow: ['127.0.0.1', '::1'] })
    expect(['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1'].map(check)).toEqual([true, false, true, true])
  })

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    'example.com',
    '',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::%1/64',
  ])('says that %s is not a range', (range) => {
    expect(compilePolicy({ kind: 'public', allow: [range] })).toMatchObject({
      ok: false,
      error: expect.stringContaining(range),
    })
  })

  it('judges an IPv4 address and its IPv6 clothes alike', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(guard(`::ffff:${address}`)).toBe(guard(address))
        expect(guard(`64:ff9b::${address}`)).toBe(guard(address))
      }),
    )
  })
})

describe('guardedLookup', () => {
  const found: readonly Resolved[] = [
    { address: '127.0.0.1', family: 4 },
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ]
  const look = (answers: readonly Resolved[], all: boolean) =>
    new Promise((resolve) => {
      const lookup = guardedLookup(guard, () => Promise.resolve(answers))
      lookup('ca.example', { all }, (error, address, family) => resolve(error?.code ?? { address, family }))
    })

  it('gives only the addresses that may be called', async () => {
    expect(await look(found, true)).toEqual({ address: found.slice(1), family: undefined })
    expect(await look(found, false)).toEqual({ address: '93.184.216.34', family: 4 })
  })

  it('fails when none may be called', async () => {
    expect(await look(found.slice(0, 1), true)).toBe(forbiddenCode)
    expect(await look([], true)).toBe(forbiddenCode)
  })

  it('passes on why a name could not be resolved', async () => {
    const error = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    const lookup = guardedLookup(guard, () => Promise.reject(error))
    const code = await new Promise((resolve) =>
      lookup('ca.example', { all: true }, (failure) => resolve(failure?.code)),
    )
    expect(code).toBe('ENOTFOUND')
  })
})
