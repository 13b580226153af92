import { spawn } from 'node:child_process'

/** The end of what a program printed is kept: its errors stand there. */
const textCharactersMax = 64 * 1024

export interface ProgramEnd {
  readonly status: number | null
  /** Standard output and standard error as they came. */
  readonly text: string
}

/** Runs a program to its end; it is killed, with whatever it started, when it takes too long or this process ends. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs: number },
): Promise<ProgramEnd> {
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  const keep = (piece: string) => {
    text = (text + piece).slice(-textCharactersMax)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const stop = () => killGroup(child.pid)
  const timer = setTimeout(stop, options.timeoutMs)
  process.once('exit', stop)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status) => resolve({ status, text }))
    })
  } finally {
    clearTimeout(timer)
    process.off('exit', stop)
    // What it started and left behind ends too.
    stop()
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}
