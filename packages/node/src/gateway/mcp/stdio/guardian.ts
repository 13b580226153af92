import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/**
 * Reads `+ group` and `- group` lines; when its input ends, the node is gone and every group left is ended. The
 * text is constant: nothing is ever put into it. The trap keeps it alive when a terminal stops the node.
 */
const script = `
trap '' INT TERM HUP
live=" "
while read -r sign group; do
  case "$sign" in
    +) live="$live$group " ;;
    -) case "$live" in *" $group "*) live="\${live%% $group *} \${live#* $group }" ;; esac ;;
  esac
done
for group in $live; do kill -TERM "-$group" 2>/dev/null; done
[ "$live" = " " ] || sleep 2
for group in $live; do kill -KILL "-$group" 2>/dev/null; done
`

/**
 * Outlives the node by a moment and ends the process groups it was told of, so that a node killed without warning
 * leaves no child behind. One small shell process for all children, started with the first.
 */
export class Guardian {
  #process: ChildProcess | undefined

  watch(group: number): void {
    this.#process ??= this.#start()
    this.#write(`+ ${group}\n`)
  }

  unwatch(group: number): void {
    this.#write(`- ${group}\n`)
  }

  /** Lets it end; groups still watched are ended by it. */
  close(): void {
    this.#process?.stdin?.end()
    this.#process = undefined
  }

  #start(): ChildProcess {
    const process = spawn('/bin/sh', ['-c', script], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
    })
    const gone = () => {
      if (this.#process === process) this.#process = undefined
    }
    process.once('error', gone)
    process.once('exit', gone)
    // Writing to a guardian that somebody ended must not end the node.
    process.stdin.on('error', gone)
    // It never keeps the node alive.
    process.unref()
    ;(process.stdin as unknown as { unref?: () => void }).unref?.()
    return process
  }

  #write(line: string): void {
    const input = this.#process?.stdin
    if (input !== null && input !== undefined && !input.destroyed) input.write(line)
  }
}
