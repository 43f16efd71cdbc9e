/**
 * What must be there before anything else can run. Plain JavaScript without dependencies, for it runs on a fresh clone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const oldest = [20, 19]

/** Ends the process with a sentence when this Node cannot run the project. */
export function demandNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  leave(`Node ${oldest.join('.')} or later is needed, and this is ${process.versions.node}: see https://nodejs.org/.`)
}

/** Ends the process with a sentence when a program of the system is missing. */
export function demandPrograms(programs) {
  const missing = programs.filter(({ command, args }) => !canRun(command, args))
  if (missing.length === 0) return
  leave(missing.map(({ command, remedy }) => `${command} is needed and is not installed: ${remedy}.`).join('\n'))
}

/** Installs the packages of the lockfile when what is installed is something else. */
export function installPackages() {
  const reason = whyInstall()
  if (reason === undefined) return
  console.log(`  … installing packages, because ${reason} (about half a minute)`)
  const begun = performance.now()
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  console.log(`  ✓ installed packages ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

/** Runs a TypeScript file of the project in a process of its own, and ends as it ends. */
export function handOver(script, args) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  // A Ctrl-C reaches the child by itself, since it shares our terminal; we only have to outlive it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => leave(`${script} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}

function leave(sentence) {
  console.error(sentence)
  process.exit(1)
}

function canRun(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** npm leaves a copy of what it installed; packages for other systems are not in it. */
function whyInstall() {
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return 'there are none'
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  const differing = Object.entries(wanted).find(([path, { version, optional }]) => {
    if (path === '' || (optional && installed[path] === undefined)) return false
    return installed[path]?.version !== version
  })
  return differing === undefined ? undefined : `${differing[0]} is not the one of package-lock.json`
}
