import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readCsrAttributes } from '../../../src/enroll/est/csrattrs.ts'
import { namesIn } from '../../../src/enroll/est/subjectname.ts'
import { shownTo } from '../support.ts'

export const target: FuzzTarget = {
  about: 'wishes of an EST server for requests (csrattrs)',
  form: 'der',
  longest: 8192,
  run: (input) => {
    namesIn(input)
    const wishes = readCsrAttributes(input)
    if (!wishes.ok) return shownTo(wishes.error)
    const { key } = wishes.value
    promise(key?.size === undefined || Number.isSafeInteger(key.size), 'the size of a key is a number')
  },
}
