/** Shows the table: in place at a terminal, and what has changed line by line in a log. */
import { isReady, nameOf } from './cluster.ts'
import type { CertificateView } from './cluster.ts'
import { tableOf } from './table.ts'

export interface Screen {
  show(certificates: readonly CertificateView[]): void
  /** Something worth a line of its own, above the table. */
  say(text: string): void
}

export function openScreen(): Screen {
  return process.stdout.isTTY ? new LiveScreen() : new LogScreen()
}

/** Moves the cursor back to the top of the table before it draws it again. */
class LiveScreen implements Screen {
  #height = 0

  show(certificates: readonly CertificateView[]): void {
    const width = process.stdout.columns
    const lines = ['', ...tableOf(certificates, Date.now())].map((line) => line.slice(0, width - 1))
    this.#erase()
    process.stdout.write(`${lines.map(colored).join('\n')}\n`)
    this.#height = lines.length
  }

  say(text: string): void {
    this.#erase()
    process.stdout.write(`${text}\n`)
    this.#height = 0
  }

  #erase(): void {
    if (this.#height > 0) process.stdout.write(`\u001B[${this.#height}A\u001B[J`)
  }
}

/** Says what became Ready, what was issued again, and nothing twice. */
class LogScreen implements Screen {
  readonly #known = new Map<string, string>()

  show(certificates: readonly CertificateView[]): void {
    for (const certificate of certificates) {
      const state = `${isReady(certificate)} ${certificate.status?.revision ?? 0}`
      const before = this.#known.get(certificate.metadata.uid)
      this.#known.set(certificate.metadata.uid, state)
      if (before !== undefined && before !== state && isReady(certificate)) this.say(sentence(certificate))
    }
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`)
  }
}

function sentence(certificate: CertificateView): string {
  const { revision = 1, notAfter = '' } = certificate.status ?? {}
  const what = revision > 1 ? `renewed, issued ${revision} times` : 'Ready'
  return `  ✓ ${nameOf(certificate)} is ${what}, valid until ${notAfter}`
}

const colored = (line: string, index: number): string =>
  index === 1
    ? `\u001B[1m${line}\u001B[0m`
    : line.replace('✓', '\u001B[32m✓\u001B[0m').replace(' … ', ' \u001B[33m…\u001B[0m ')
