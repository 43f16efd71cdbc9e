import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { projectSecret } from '../../../src/controllers/certificate/projection.ts'
import { projectConfigMap, projectFoundSecret } from '../../../src/controllers/inventory/found.ts'
import { annotations, labels } from '../../../src/controllers/names.ts'
import { textOf } from '../support.ts'

const secret = { apiVersion: 'v1', kind: 'Secret' } as const
const configMap = { apiVersion: 'v1', kind: 'ConfigMap' } as const
const metadata = { name: 'a', namespace: 'b', uid: 'c', resourceVersion: '1' }

export const target: FuzzTarget = {
  about: 'Secrets and ConfigMaps with certificates, as anybody in a namespace may write them',
  form: 'text',
  longest: 65_536,
  words: ['-----BEGIN CERTIFICATE-----\n', '\n-----END CERTIFICATE-----\n', '\0'],
  run: (input) => {
    const [chain = '', key = '', content = ''] = textOf(input).split('\0')
    const data = Object.fromEntries(
      Object.entries({ 'tls.crt': chain, 'tls.key': key, 'ca.crt': content, 'ca.crl': content }).map(([name, text]) => [
        name,
        Buffer.from(text).toString('base64'),
      ]),
    )
    projectFoundSecret({ ...secret, metadata, data })
    projectConfigMap({ ...configMap, metadata, data: { bundle: chain, other: content } })
    for (const role of ['certificate', 'next-key', 'issuer'])
      projectSecret({
        ...secret,
        metadata: { ...metadata, labels: { [labels.managed]: role }, annotations: { [annotations.content]: content } },
        data,
      })
  },
}
