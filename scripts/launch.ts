/**
 * How Node runs the operator's bundle: the image, the benchmark and the demo start it alike.
 *
 * An operator waits most of its life, so its heap is kept small rather than fast: a small young generation that is swept often,
 * and code that is kept compact. glibc gives each thread a heap of its own to grow; two are enough for a process whose work
 * is on one thread.
 */
export const operatorLaunch = {
  nodeOptions: ['--max-semi-space-size=4', '--optimize-for-size'],
  environment: { MALLOC_ARENA_MAX: '2' },
} as const
