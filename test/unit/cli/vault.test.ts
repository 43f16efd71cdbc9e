import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FolderVault } from '../../../src/cli/vault.ts'
import type { VaultParts } from '../../../src/cli/vault.ts'
import { DamagedFile } from '../../../src/cli/files.ts'
import { CliDesk } from '../../support/clitool.ts'

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))
const given = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'given' },
  bytes: { key: text('from the manifest') },
}

let desk: CliDesk
let made: string[]

beforeEach(() => {
  desk = new CliDesk()
  made = []
})

afterEach(() => desk.remove())

const vault = (change: Partial<VaultParts> = {}): FolderVault =>
  new FolderVault({
    secrets: [given],
    namespace: undefined,
    directory: desk.out,
    made: (name, _data, path) => void made.push(`${name} ${path ?? 'in memory'}`),
    ...change,
  })

describe('a Secret that an issuer makes', () => {
  it('is there for the next run, as a manifest that only its owner reads', async () => {
    await vault().create('account', { 'tls.key': text('a\nkey') })
    expect(await vault().load('account')).toEqual({ 'tls.key': text('a\nkey') })
    expect(desk.mode('issuer-secret-account.yaml')).toBe(0o600)
    expect(made).toEqual([`account ${join(desk.out, 'issuer-secret-account.yaml')}`])
  })

  it('is made once: what is there already wins, wherever it comes from', async () => {
    expect(await vault().create('given', { key: text('another') })).toEqual(given.bytes)
    await vault().create('account', { key: text('first') })
    expect(await vault().create('account', { key: text('second') })).toEqual({ key: text('first') })
    expect(made).toHaveLength(1)
  })

  it('is replaced by whoever knows it, and then counts for more than the manifest', async () => {
    const one = vault()
    expect(await one.swap('given', { key: text('wrong') }, { key: text('new') })).toBe(false)
    expect(await one.swap('nothing', {}, { key: text('new') })).toBe(false)
    expect(await one.swap('given', given.bytes, { key: text('new') })).toBe(true)
    expect(await vault().load('given')).toEqual({ key: text('new') })
  })

  it('is kept in memory where there is no directory', async () => {
    const one = vault({ directory: undefined })
    await one.create('account', { key: text('x') })
    expect(await one.load('account')).toEqual({ key: text('x') })
    expect(made).toEqual(['account in memory'])
    expect(await vault({ directory: undefined }).load('account')).toBeUndefined()
  })

  it('whose file is damaged is never made anew over it', async () => {
    await vault().create('account', { key: text('x') })
    writeFileSync(join(desk.out, 'issuer-secret-account.yaml'), 'canary: [')
    await expect(vault().create('account', { key: text('y') })).rejects.toThrow(DamagedFile)
    await expect(vault().load('account')).rejects.toThrow('repair or remove it')
  })
})
