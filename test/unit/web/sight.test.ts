import { describe, expect, it } from '@jest/globals'
import type { CertificateList } from '../../../src/web/contract.ts'
import { item, now } from '../../support/inventoryitems.ts'
import { asking, bodyOf } from '../../support/inventorysite.ts'

const web = item({ namespace: 'shop', name: 'web' })
const near = { kind: 'Ingress', namespace: 'shop', name: 'front' } as const
const far = { kind: 'Gateway', namespace: 'edge', name: 'public' } as const
const ask = asking({ items: [web], now, consumers: { [web.id]: [near, far] } })

const listed = async (search: string, token: string): Promise<CertificateList> =>
  bodyOf(await ask(`/api/certificates?${search}`, token)) as CertificateList

describe('a Gateway that uses a certificate of another namespace', () => {
  it('is shown to those who may see both', async () => {
    const { items } = await listed('consumer=Gateway', 'everywhere')
    expect(items.map(({ consumers }) => consumers)).toEqual([[near, far]])
  })

  it('is not told of, counted or found by those who may not see its namespace', async () => {
    const all = await listed('', 'shop-only')
    expect(all.items.map(({ consumers }) => consumers)).toEqual([[near]])
    expect(JSON.stringify(all)).not.toMatch(/Gateway|edge/)
    expect((await listed('consumer=Gateway', 'shop-only')).total).toBe(0)
  })
})
