import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { Fault } from '@ambit/core/fault'
import type { JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import type { Clock } from '../../../kernel/clock.ts'
import { limits } from '../../../kernel/limits.ts'
import type { SendFailure, Sent, SessionTransport } from '../legacy/session-transport.ts'
import type { Guardian } from './guardian.ts'
import { LineReader } from './lines.ts'
import type { MemoryWatch } from './memory-watch.ts'
import { Tail } from './tail.ts'
import type { ChildUser } from './user.ts'
import { parseForeign } from '../foreign-json.ts'

/** What is kept of what a child says to people. */
const stderrBytesMax = 16 * 1024
/** Written to a child that does not read: beyond this it counts as stuck. */
const unreadBytesMax = 2 * limits.actBodyBytesMax
/** Lines on the output that are no JSON (banners, prints) before the program counts as no MCP server. */
const nonsenseLinesMax = 1000
/**
 * From the end of its input to SIGTERM, and from there to SIGKILL (the order of 2025-11-25 basic/lifecycle,
 * "Shutdown"); and with a pipe that stays open after the program ended.
 */
const patienceMs = { input: 1500, terminate: 2500, pipe: 500 } as const

/** Shorter values are words of any text; to hide them would hide nothing and spoil what is read. */
const secretCharactersMin = 4
const hidden = '[hidden]'

export interface ChildSpec {
  readonly program: string
  readonly args: readonly string[]
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Runs as this user where the node may (it runs as root); otherwise as the node's own user. */
  readonly user: ChildUser | undefined
  /** Undefined: where the node runs. */
  readonly cwd?: string | undefined
  /** With all that it starts; left out, not looked at. */
  readonly memoryBytesMax?: number | undefined
  /** Values of its environment that must not be shown to anybody, whatever it writes. */
  readonly secrets?: readonly string[]
}

export interface ChildParts {
  readonly clock: Clock
  readonly guardian: Guardian
  readonly memory?: MemoryWatch
}

/**
 * One server program as a child, without a shell and in a process group of its own: messages are lines of its input
 * and output (2025-11-25 basic/transports, "stdio").
 */
export class Child implements SessionTransport {
  readonly #clock: Clock
  readonly #guardian: Guardian
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines = new LineReader(limits.answerBytesMax)
  readonly #stderr = new Tail(stderrBytesMax)
  readonly #secrets: readonly string[]
  readonly #exited: Promise<void>
  #nonsense = 0
  #gone: Fault | undefined
  #closing: Promise<void> | undefined
  /** Takes each message; set before the first `send`. */
  receive: (value: unknown) => void = () => undefined
  /** Called once when the child is gone or of no use any more. */
  ended: (fault: Fault) => void = () => undefined

  constructor(spec: ChildSpec, parts: ChildParts) {
    this.#clock = parts.clock
    this.#guardian = parts.guardian
    this.#secrets = (spec.secrets ?? []).filter((secret) => secret.length >= secretCharactersMin)
    this.#process = spawn(spec.program, [...spec.args], {
      env: { ...spec.env },
      shell: false,
      detached: true,
      stdio: 'pipe',
      cwd: spec.cwd,
      ...(spec.user === undefined ? {} : { uid: spec.user.uid, gid: spec.user.gid }),
    })
    const { pid } = this.#process
    if (pid !== undefined) this.#guardian.watch(pid)
    const stopMemory = this.#watchMemory(pid, spec.memoryBytesMax, parts.memory)
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#end(startFault(error))
        if (pid === undefined) resolve()
      })
      this.#process.once('exit', (code, signal) => {
        stopMemory()
        // Whatever it started itself is in its group.
        this.#signal('SIGKILL')
        if (pid !== undefined) this.#guardian.unwatch(pid)
        // Its last answers may still be in the pipe.
        this.#process.once('close', () => this.#end(exitFault(code, signal)))
        this.#clock.after(patienceMs.pipe, () => this.#end(exitFault(code, signal)))
        resolve()
      })
    })
    this.#process.stdout.on('data', (piece: Buffer) => this.#read(piece))
    this.#process.stderr.on('data', (piece: Buffer) => this.#stderr.add(piece))
    this.#process.stdin.on('error', () => {
      // Most often it is gone, and how it ended is heard a moment later.
      this.#clock.after(patienceMs.pipe, () => this.#end(unreachable('the program closed its input')))
    })
    this.#process.stdout.on('error', () => this.#end(unreachable('the program closed its output')))
  }

  /** The last of what the program wrote for people. Text of a third party. */
  get stderr(): string {
    let text = this.#stderr.text()
    // The end of a secret may stand where the text was cut.
    if (this.#stderr.isCut) text = text.slice(Math.max(0, ...this.#secrets.map((secret) => secret.length)))
    for (const secret of this.#secrets) text = text.replaceAll(secret, hidden)
    return text
  }

  /** The node itself ends it. */
  get closing(): boolean {
    return this.#closing !== undefined
  }

  send(message: JsonRpcMessage, failed: (failure: SendFailure) => void): Sent {
    const fault =
      this.#gone ?? (this.#process.stdin.writableLength > unreadBytesMax ? stuckFault() : undefined)
    if (fault === undefined) this.#process.stdin.write(`${JSON.stringify(message)}\n`)
    else failed({ fault, sessionLost: false })
    return { done: () => undefined, resume: () => undefined }
  }

  /** What it says unasked comes by the same pipe; that it is gone is told to the session. */
  listen(_lost: unknown, settled: () => void): () => void {
    settled()
    return () => undefined
  }

  /** Ends its input, then asks it to terminate, then kills its whole group. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#closing ??= this.#terminate()
    await this.#closing
  }

  async #terminate(): Promise<void> {
    this.#process.stdin.end()
    const stopTerm = this.#clock.after(patienceMs.input, () => this.#signal('SIGTERM'))
    const stopKill = this.#clock.after(patienceMs.input + patienceMs.terminate, () => this.#signal('SIGKILL'))
    // The timers keep no process alive, but the child itself does until it is gone.
    await this.#exited
    stopTerm()
    stopKill()
  }

  #watchMemory(pid: number | undefined, bytesMax = Infinity, watch?: MemoryWatch): () => void {
    if (pid === undefined || watch === undefined || bytesMax === Infinity) return () => undefined
    const detail = `the program took more than ${Math.round(bytesMax / 2 ** 20)} MB of memory and was ended`
    return watch.watch(pid, bytesMax, () => this.#kill(unreachable(detail)))
  }

  #read(piece: Buffer): void {
    try {
      for (const line of this.#lines.read(piece)) this.#line(line)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#kill(
        new Fault('upstream.too-large', {
          detail: `it wrote a message larger than ${limits.answerBytesMax} bytes`,
        }),
      )
    }
  }

  #line(line: string): void {
    if (this.#gone !== undefined || line.trim() === '') return
    const value = parseForeign(line)
    if (value === undefined) {
      this.#nonsense += 1
      if (this.#nonsense > nonsenseLinesMax)
        this.#kill(new Fault('upstream.invalid', { detail: 'its output is not JSON-RPC' }))
      return
    }
    this.receive(value)
  }

  #kill(fault: Fault): void {
    this.#signal('SIGKILL')
    this.#end(fault)
  }

  #end(fault: Fault): void {
    if (this.#gone !== undefined) return
    this.#gone = fault
    this.ended(fault)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      // ESRCH: the group is gone already, which is what was wanted.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function startFault(error: Error): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new Fault('upstream.unreachable', {
    detail: `the program could not be started (${code})`,
    remedy: 'Check that the program of the record is installed and may be run by the user of this node.',
    cause: error,
  })
}

function exitFault(code: number | null, signal: NodeJS.Signals | null): Fault {
  return unreachable(`the program ended (${signal ?? `exit code ${code ?? 'unknown'}`})`)
}

function stuckFault(): Fault {
  return unreachable('the program does not read its input')
}

function unreachable(detail: string): Fault {
  return new Fault('upstream.unreachable', {
    detail,
    remedy: 'Its operator sees what it wrote last with `ambit logs`.',
  })
}
