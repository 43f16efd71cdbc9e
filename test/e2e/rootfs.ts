/** Packs programs of this machine, with the libraries that they need, into images: no registry and no engine is asked. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, realpathSync, statSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from '../../scripts/run.ts'

export interface Image {
  /** In full, with registry and tag. */
  readonly name: string
  readonly entrypoint: readonly string[]
  /** User and group, as numbers. */
  readonly user: string
  readonly environment: Readonly<Record<string, string>>
}

export interface Contents {
  /** Path on this machine by path in the image. */
  readonly files: Readonly<Record<string, string>>
  /** What files hold, by their path in the image. */
  readonly texts?: Readonly<Record<string, string>>
}

/** @throws with what the command wrote when it fails */
async function must(command: string, args: readonly string[]): Promise<string> {
  const ended = await run({ command, args })
  if (!ended.ok) throw new Error(`${[command, ...args].join(' ')} failed: ${ended.output}`)
  return ended.output
}

/** @returns absolute paths of a program's libraries and its loader; none where it is linked statically */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { ok, output } = await run({ command: 'ldd', args: [program] })
  return ok ? [...output.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path) : []
}

/** Programs of the Elf format begin so; whatever else is executable needs no library. */
const isProgram = (path: string): boolean => (statSync(path).mode & 0o111) !== 0

/**
 * @param folder - where the image's root is laid out; a folder that is there already
 * @throws with a sentence when a file is missing
 */
export async function layOut(folder: string, { files, texts = {} }: Contents): Promise<void> {
  const wanted = new Map<string, string>(Object.entries(files))
  for (const source of Object.values(files))
    if (isProgram(source)) for (const library of await librariesOf(source)) wanted.set(library, library)
  for (const [target, source] of wanted) {
    const place = join(folder, target)
    mkdirSync(dirname(place), { recursive: true })
    await copyFile(realpathSync(source), place)
  }
  const users = 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65532:65532:nobody:/:/sbin/nologin\n'
  const all = { '/etc/passwd': users, '/etc/group': 'root:x:0:\nnogroup:x:65532:\n', ...texts }
  for (const [target, text] of Object.entries(all)) {
    const place = join(folder, target)
    mkdirSync(dirname(place), { recursive: true })
    await writeFile(place, text)
  }
}

/**
 * Writes an archive as `docker save` does, which every loader of images reads.
 *
 * @param root - the laid out root of the image
 * @param folder - for the archive and what it is made of
 * @returns the path of the archive
 */
export async function archive(root: string, folder: string, image: Image): Promise<string> {
  const layer = join(folder, 'layer.tar')
  await must('tar', ['-C', root, '--owner=0', '--group=0', '--numeric-owner', '-cf', layer, '.'])
  const digest = createHash('sha256')
  await pipeline(createReadStream(layer), digest)
  const config = {
    architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: {
      Entrypoint: image.entrypoint,
      User: image.user,
      WorkingDir: '/',
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...image.environment }).map((pair) => pair.join('=')),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest.digest('hex')}`] },
  }
  const manifest = [{ Config: 'config.json', RepoTags: [image.name], Layers: ['layer.tar'] }]
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
  const path = join(folder, 'image.tar')
  await must('tar', ['-C', folder, '-cf', path, 'config.json', 'manifest.json', 'layer.tar'])
  return path
}

/**
 * @param loader - a command that takes the path of an archive as its last argument
 * @throws with what it wrote when it fails
 */
export async function load(loader: string, path: string): Promise<void> {
  const [command = '', ...args] = loader.split(' ').filter((word) => word !== '')
  await must(command, [...args, path])
}
