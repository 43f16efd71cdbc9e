/** A page of the docs as a person walks it: its commands, typed into one shell, and what the page says comes back. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Command {
  /** As it stands in the page, continued lines included. */
  readonly text: string
  /** What the page shows of its output; none where it shows nothing. `…` in a line stands for anything, a line of it for any lines. */
  readonly shown: readonly string[]
}

export interface Chapter {
  readonly title: string
  readonly commands: readonly Command[]
}

/** @param page - Markdown; commands stand in indented blocks behind `$ ` */
export function chaptersOf(page: string): readonly Chapter[] {
  return page.split(/^#+ /m).flatMap((part) => {
    const [title = '', ...lines] = part.split('\n')
    const commands = commandsIn(lines)
    return commands.length === 0 ? [] : [{ title, commands }]
  })
}

function commandsIn(lines: readonly string[]): readonly Command[] {
  const commands: { text: string; shown: string[] }[] = []
  for (const line of lines.filter((one) => one.startsWith('    ')).map((one) => one.slice(4))) {
    const last = commands.at(-1)
    if (line.startsWith('$ ')) commands.push({ text: line.slice(2), shown: [] })
    else if (last?.text.endsWith('\\') === true) last.text += `\n${line}`
    else last?.shown.push(line)
  }
  return commands
}

/** @returns a pattern that the output must match, where the page shows some */
export function patternOf({ shown }: Command): RegExp {
  if (shown.length === 0) return /^/
  const lines = shown.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.+')}\\n`))
  return new RegExp(`^${lines.join('')}$`)
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

export interface Reply {
  readonly code: number
  /** Standard output and standard error together. */
  readonly output: string
}

export interface Shell {
  /** @param last - the exit code that `$?` is to be */
  type(command: string, last: number): Promise<Reply>
  stop(): Promise<void>
}

const mark = 'that was command'

/** One bash for the whole walk, so that variables stay. */
export function openShell(): Shell {
  const child = spawn('bash', ['--norc'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.write('exec 2>&1\n')
  return {
    type: async (command, last) => {
      // The mark begins a line of its own, whatever the command wrote last.
      child.stdin.write(`(exit ${last})\n${command}\ncode=$?; echo; echo "${mark} $code"\n`)
      const seen: string[] = []
      for (;;) {
        const next = await lines.next()
        if (next.done === true) throw new Error(`the shell ended: ${seen.join('\n')}`)
        const line: string = next.value
        if (line.startsWith(mark)) return { code: Number(line.slice(mark.length)), output: outputOf(seen) }
        seen.push(line)
      }
    },
    stop: async () => {
      if (child.exitCode !== null) return
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

/** Without the empty line before the mark, and with an end of line behind the last one. */
function outputOf(seen: readonly string[]): string {
  const lines = seen.at(-1) === '' ? seen.slice(0, -1) : seen
  return lines.map((line) => `${line}\n`).join('')
}
