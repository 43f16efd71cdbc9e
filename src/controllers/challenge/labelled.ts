import type { KubeObject } from '../../api/meta.ts'
import type { Resource } from '../../kube/resource.ts'
import { labels } from '../names.ts'

/** What was put up for challenges, found by its label. @param namespace - undefined: in all of them */
export async function labelled<T extends KubeObject>(
  resource: Pick<Resource<T>, 'pages'>,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const found: T[] = []
  const selection = { namespace, labelSelector: labels.challenge }
  for await (const page of resource.pages(selection, signal)) found.push(...page.items)
  return found
}
