/**
 * `npm run lockfile`: completes package-lock.json with the packages of other systems.
 *
 * npm leaves an optional package out of the lockfile when the registry it asks has no copy of it, as mirrors often have not of
 * what is made for other systems; and then `npm ci` refuses the lockfile, here and everywhere. What is put in has a version and
 * says for which systems it is. It has no digest, for nobody has seen it; a registry that has it makes npm add one.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']
const libraries = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' }

/** @returns what the name of a package says of the systems it is for: `@swc/core-linux-x64-musl` */
function systemOf(name) {
  const words = name.split(/[/-]/)
  const os = systems.filter((system) => words.includes(system))
  const cpu = processors.filter((processor) => words.includes(processor))
  const libc = Object.keys(libraries).filter((library) => words.includes(library))
  if (os.length + cpu.length === 0) throw new Error(`${name} does not say which system it is for`)
  return {
    ...(cpu.length === 0 ? {} : { cpu }),
    ...(libc.length === 0 ? {} : { libc: libc.map((library) => libraries[library]) }),
    ...(os.length === 0 ? {} : { os }),
  }
}

const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const { packages } = lockfile
const added = []
for (const { dev, optionalDependencies = {} } of Object.values(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`
    if (path in packages || !/^\d/.test(version)) continue
    packages[path] = { version, ...systemOf(name), ...(dev ? { dev: true } : {}), optional: true }
    added.push(name)
  }
}
const sorted = Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1))
lockfile.packages = Object.fromEntries(sorted)
writeFileSync('package-lock.json', `${JSON.stringify(lockfile, undefined, 2)}\n`)
console.log(`added ${added.length} packages of other systems`)
