import { describe, expect, it } from '@jest/globals'
import { askedOfApi, askedOfCa } from '../../../battery/faults/asked.ts'
import type { Asked } from '../../../battery/faults/asked.ts'
import { Plan } from '../../../battery/faults/plan.ts'
import { parseRule, parseRules } from '../../../battery/faults/rules.ts'

const secrets = '/api/v1/namespaces/team/secrets'
const status = '/apis/perennial.dev/v1/namespaces/team/certificates/web/status'

describe('a request to the API server', () => {
  it.each<[string, string, Partial<Asked>]>([
    ['GET', secrets, { verb: 'list', resource: 'secrets', namespace: 'team', name: undefined }],
    ['GET', `${secrets}?watch=true&resourceVersion=7`, { verb: 'watch', resource: 'secrets' }],
    ['GET', `${secrets}/web`, { verb: 'get', resource: 'secrets', name: 'web' }],
    ['POST', secrets, { verb: 'create', resource: 'secrets' }],
    ['PATCH', status, { verb: 'patch', resource: 'certificates/status', namespace: 'team', name: 'web' }],
    ['DELETE', `${secrets}/web`, { verb: 'delete', resource: 'secrets', name: 'web' }],
    ['GET', '/api/v1/secrets', { verb: 'list', resource: 'secrets', namespace: undefined }],
    ['GET', '/api/v1/namespaces/team', { verb: 'get', resource: 'namespaces', name: 'team' }],
    ['GET', '/apis', { verb: 'call', resource: '' }],
  ])('%s %s is understood', (method, path, expected) => {
    expect(askedOfApi(method, path)).toMatchObject(expected)
  })
})

/** What each of several requests meets. */
const meetings = (rule: string, asked: readonly Asked[]): readonly (string | undefined)[] => {
  const plan = new Plan([parseRule(rule)])
  return asked.map((one) => {
    const { delay, fault } = plan.meet(one)
    return delay > 0 ? 'delay' : fault?.kind
  })
}

const create = askedOfApi('POST', secrets)
const list = askedOfApi('GET', secrets)
const call = askedOfCa('POST', '/acme/new-order?x=1')

describe('a rule', () => {
  it.each<[string, readonly Asked[], readonly (string | undefined)[]]>([
    ['any -> reset', [create, list, call], ['reset', 'reset', 'reset']],
    ['write -> lost', [create, list, call], ['lost', undefined, undefined]],
    ['read -> drop', [create, list], [undefined, 'drop']],
    ['create secrets -> mute', [create, askedOfApi('POST', status)], ['mute', undefined]],
    ['call /new-order -> answer 503 retry-after 1', [call, list], ['answer', undefined]],
    ['write nth 2 -> kill before', [create, list, create, create], [undefined, undefined, 'kill', undefined]],
    ['write every 2 -> kill after', [create, create, create, create], [undefined, 'kill', undefined, 'kill']],
    ['write times 1 -> truncate 9', [create, create], ['truncate', undefined]],
    ['write after 10m -> reset', [create], [undefined]],
    ['write for 10m -> delay 5ms', [create], ['delay']],
    ['list secrets nth 1 -> stale 60s', [create, list, list], [undefined, 'stale', undefined]],
  ])('%s strikes what it means', (rule, asked, expected) => {
    expect(meetings(rule, asked)).toEqual(expected)
  })

  it('counts from when it was laid down, and strikes no more when it was lifted', async () => {
    const plan = new Plan()
    plan.meet(create)
    const { lift, struck } = plan.lay(parseRule('write nth 1 -> reset'))
    expect(plan.meet(create).fault).toEqual({ kind: 'reset' })
    await struck
    lift()
    expect(plan.meet(create).fault).toBeUndefined()
    expect(plan.strikes).toBe(1)
  })

  it('that delays comes together with one that does more', () => {
    const plan = new Plan(parseRules('# both\nany -> delay 20ms\nany -> delay 5ms # a little more\n\nwrite -> lost\n'))
    expect(plan.meet(create)).toEqual({ delay: 25, fault: { kind: 'lost' } })
  })

  it.each([
    ['write', '"write" is no rule; write which requests, an arrow ->, and one fault.'],
    ['writes -> reset', '"writes" is no kind of request; write any, read, write or one of get, list,'],
    ['write -> explode', '"explode" is no fault; there are delay, drop,'],
    ['write secrets twice -> reset', '"twice" is not understood; there are nth, every, times, after, for.'],
    ['write nth 0 -> reset', 'nth wants a whole number from 1 on, not "0".'],
    ['write -> delay 5', 'delay wants a time such as 200ms, 5s or 2m, not "5".'],
    ['write -> kill', 'kill wants before or after, not "".'],
    ['write -> answer 99', 'answer wants a status from 200 to 599, not "99".'],
    ['write -> answer 429 soon', 'After the status may stand: retry-after and a value, not "soon".'],
    ['write -> body pdf', '"pdf" is no form of a body; see the help.'],
  ])('"%s" is told what is wrong with it', (rule, sentence) => {
    expect(() => parseRule(rule)).toThrow(sentence)
  })

  it('of a file is named by its line', () => {
    expect(() => parseRules('any -> reset\n\nany -> explode')).toThrow(/^Line 3: "explode" is no fault/)
  })
})
