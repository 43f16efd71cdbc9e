/**
 * How Node runs the operator's bundle: the image, the benchmark and the demo start it alike.
 *
 * An operator waits most of its life, so its heap is kept small: a small young generation, and an old one that is swept when it
 * has grown by a third. `--optimize-for-size` would do that too, but takes the young generation down to 1 MB and a third of the
 * CPU with it. glibc gives each thread a heap of its own to grow; two are enough for a process whose work is on one thread.
 */
export const operatorLaunch = {
  nodeOptions: ['--max-semi-space-size=4', '--initial-old-space-size=32', '--heap-growing-percent=30'],
  environment: { MALLOC_ARENA_MAX: '2' },
} as const
