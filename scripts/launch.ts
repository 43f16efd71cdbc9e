/**
 * How Node runs the operator's bundle: the image, the benchmark and the demo start it alike.
 *
 * An operator waits most of its life, so its heap is kept small: a small young generation, and an old one that is swept when it
 * has grown by a fifth (the rest is in src/main.ts). The parser of HTTP is WebAssembly, one function of which takes 35 MB to be
 * optimised at the start of every process, for a gain that cannot be measured: it is left as the first compiler makes it.
 * glibc gives each thread a heap of its own to grow; two are enough for a process whose work is on one thread, and so are two
 * threads for what V8 does beside it.
 */
export const operatorLaunch = {
  nodeOptions: [
    '--max-semi-space-size=4',
    '--initial-old-space-size=24',
    '--heap-growing-percent=20',
    '--liftoff-only',
    '--v8-pool-size=2',
  ],
  environment: { MALLOC_ARENA_MAX: '2' },
} as const

/**
 * What the process gives up in the image, so that code that should not be there finds less: it starts no process and no thread,
 * loads no native part, writes no file, and has no `__proto__` to spoil. Node's own people call it a seat belt and no wall. Files
 * may be read: which ones settings name (tokens, credentials, CAs) is not known beforehand, and the image holds nothing else.
 */
export const hardening = ['--permission', '--allow-fs-read=*', '--disable-proto=delete'] as const

/** The same for the Node that runs this: before Node 22 the permissions had another name. */
export const hardeningHere = (): readonly string[] =>
  process.allowedNodeEnvironmentFlags.has('--permission')
    ? hardening
    : ['--experimental-permission', '--no-warnings', ...hardening.slice(1)]
