import { describe, expect, it } from '@jest/globals'
import { recorded } from '../../scripts/fuzz/record.ts'

const page = `Words before.

| target | executions | seconds | branches reached | corpus |
| --- | --- | --- | --- | --- |
| cmp | 1,000 | 10 | 5 of 9 | 3 |
| pem | 20 | 5 | 1 of 9 | 7 |
| all | 1,020 | 15 | | 10 |

Words after.
`

const printed = `npm notice
| target | executions | seconds | per second | branches | corpus | findings |
| --- | --- | --- | --- | --- | --- | --- |
| cmp | 2,500,000 | 100 | 25,000 | 6 of 9 | 4 | 1 |
  ✗ cmp: slow: takes long
| acme | 7 | 1 | 7 | 2 of 3 | 1 | 0 |
`

describe('the table of what was fuzzed', () => {
  it('adds up executions and seconds, and takes branches and corpus from the last run', () => {
    expect(recorded(page, printed)).toBe(`Words before.

| target | executions | seconds | branches reached | corpus |
| --- | --- | --- | --- | --- |
| acme | 7 | 1 | 2 of 3 | 1 |
| cmp | 2,501,000 | 110 | 6 of 9 | 4 |
| pem | 20 | 5 | 1 of 9 | 7 |
| all | 2,501,027 | 116 |  | 12 |

Words after.
`)
  })

  it('refuses a page without the table, and what is no table', () => {
    expect(() => recorded('nothing', printed)).toThrow('no table')
    expect(() => recorded(page, 'nothing')).toThrow('no row')
  })
})
