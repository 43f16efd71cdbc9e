import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { documentsIn } from '../../../src/cli/documents.ts'
import { readManifests } from '../../../src/cli/manifests.ts'
import { readPolicyManifests } from '../../../src/cli/policymanifests.ts'
import { readNotificationConfig } from '../../../src/notify/config.ts'
import { textOf } from '../support.ts'

export const target: FuzzTarget = {
  about: 'YAML: manifests given to the tool, the configuration of notifications',
  form: 'text',
  longest: 8192,
  // The library makes an Error for each mistake, and goes on: 2,700 of them on 8 KB, in the person's own file.
  milliseconds: 500,
  words: [
    'apiVersion: perennial.dev/v1\n',
    'kind: Certificate\n',
    'kind: Issuer\n',
    'spec:\n',
    '---\n',
    '&a',
    '*a',
    '<<: ',
    '!!',
  ],
  run: (input) => {
    const text = textOf(input)
    readNotificationConfig(text)
    const documents = documentsIn(text, 'it')
    if (!documents.ok) return
    readManifests(documents.value)
    readPolicyManifests(documents.value)
  },
}
