/**
 * A CA of the project's own in a process of its own, so that its work does not count as the client's: `node --import tsx
 * bench/house.ts scep|cmp`. It says in a line of JSON how it is asked, and lives until its input ends.
 */
import { sha256Hex } from '../src/pki/hash.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { CmpServer } from '../test/support/cmp-server/fake.ts'
import { FakeScep } from '../test/support/scep-server/fake.ts'
import { singleCa } from '../test/support/scep-server/material.ts'
import { serveScep } from '../test/support/scep-server/serve.ts'

const secret = 'correct-horse-battery-staple'
const reference = '4711'

async function scep(): Promise<object> {
  const material = await singleCa()
  const fake = new FakeScep({ material, now: () => systemClock.now() })
  fake.troubles.challenge = secret
  const { url } = await serveScep(fake)
  const caFingerprint = sha256Hex(material.ca.certificate)
  return { secret, spec: { url: `${url}/scep`, caFingerprint, challengeSecretRef: { name: 'scep', key: 'secret' } } }
}

async function cmp(): Promise<object> {
  const { url } = await CmpServer.start({ secrets: { [reference]: secret } })
  return { secret, spec: { url, sharedSecret: { reference, secretRef: { name: 'cmp', key: 'secret' } } } }
}

const said = process.argv[2] === 'cmp' ? await cmp() : await scep()
process.stdout.write(`${JSON.stringify(said)}\n`)
process.stdin.resume().on('end', () => process.exit(0))
