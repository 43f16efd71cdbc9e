import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { asking, bodyOf } from '../../support/inventorysite.ts'
import { foundItem, item, now } from '../../support/inventoryitems.ts'
import { shownTo, textOf } from '../support.ts'

const hidden = 'bank'
const ask = asking({
  now,
  items: [
    item({ name: 'web', owner: '=cmd()' }),
    item({ name: 'api', namespace: hidden, state: 'failing' }),
    foundItem({ name: 'old' }),
  ],
})

export const target: FuzzTarget = {
  about: 'what a browser sends to the inventory: path, query and token',
  form: 'text',
  longest: 16_384,
  words: [
    '/api/certificates?',
    '/api/certificates/Certificate/shop/web',
    '/api/summary',
    '&sort=-expires',
    '&q=',
    '&format=csv',
    '&ends-within=30',
    '&page=2',
    '%2f',
    '\nshop-only',
  ],
  run: async (input) => {
    const [address = '', token] = textOf(input).split('\n')
    const reply = await ask(address, token)
    promise([200, 400, 401, 404, 503].includes(reply.status), 'a question has an answer')
    if (token !== 'everywhere' && token !== undefined)
      promise(!String(reply.body).replaceAll(address, '').includes(`"${hidden}"`), 'nothing is shown of what is hidden')
    if (reply.status < 400 || !address.startsWith('/api/')) return
    const { error } = bodyOf(reply) as { readonly error: string }
    shownTo(error)
  },
}
