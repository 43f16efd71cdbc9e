/** `npm run battery`: the battery of faults, on a fresh clone too. */
import { demandNode, handOver, installPackages } from './bootstrap.mjs'

demandNode()
installPackages()
handOver('scripts/battery.ts', process.argv.slice(2))
