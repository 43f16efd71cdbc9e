/** A cluster of kind, with the operator's image as `docker build` makes it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { step } from '../progress.ts'
import { run } from '../run.ts'
import type { Missing, Place } from './place.ts'

const cluster = 'perennial-e2e'
/** As test/e2e/images.ts calls it. */
const image = 'docker.io/library/perennial:e2e'

/** @returns a sentence when kind or an engine is missing */
export async function kindCluster(): Promise<Place | Missing> {
  for (const args of [
    ['docker', 'version'],
    ['kind', 'version'],
  ]) {
    if (!(await works(args))) return { missing: `${args.join(' ')} does not work here; see https://kind.sigs.k8s.io` }
  }
  const directory = mkdtempSync(join(tmpdir(), 'perennial-kind-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const close = async (): Promise<void> => {
    await run({ command: 'kind', args: ['delete', 'cluster', `--name=${cluster}`, `--kubeconfig=${kubeconfig}`] })
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await must('kind', ['create', 'cluster', `--name=${cluster}`, `--kubeconfig=${kubeconfig}`, '--wait=120s'])
    await must('docker', ['build', `--tag=${image}`, '.'])
    await must('kind', ['load', 'docker-image', `--name=${cluster}`, image])
  } catch (error) {
    await close()
    throw error
  }
  const loader = `kind load image-archive --name=${cluster}`
  return { kubeconfig, loader, environment: { E2E_OPERATOR_IMAGE: 'loaded' }, close }
}

const works = ([command = '', ...args]: readonly string[]): Promise<boolean> =>
  run({ command, args }).then(
    ({ ok }) => ok,
    () => false,
  )

async function must(command: string, args: readonly string[]): Promise<void> {
  const title = `${command} ${args.slice(0, 2).join(' ')}`
  const { ok, output } = await step(title, () => run({ command, args }), { isFine: (ended) => ended.ok })
  if (!ok) throw new Error(`${title} failed:\n${output}`)
}
