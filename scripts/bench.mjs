/** `npm run bench`: the benchmark, on a fresh clone too. */
import { demandNode, handOver, installPackages } from './bootstrap.mjs'

demandNode()
installPackages()
handOver('scripts/bench.ts', process.argv.slice(2))
