/** `npm run demo`: on a fresh clone too. */
import { demandNode, demandPrograms, handOver, installPackages } from './bootstrap.mjs'

demandNode()
demandPrograms([{ command: 'openssl', args: ['version'], remedy: 'apt-get install openssl' }])
installPackages()
handOver('demo/main.ts', process.argv.slice(2))
