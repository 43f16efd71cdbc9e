/** `npm test`: everything, on a fresh clone too. */
import { demandNode, demandPrograms, handOver, installPackages } from './bootstrap.mjs'

demandNode()
demandPrograms([
  { command: 'openssl', args: ['version'], remedy: 'apt-get install openssl' },
  { command: 'keytool', args: ['-help'], remedy: 'apt-get install default-jre-headless' },
])
installPackages()
handOver('scripts/suites.ts', process.argv.slice(2))
