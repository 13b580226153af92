import { spawnSync } from 'node:child_process'
import { Fault } from '@ambit/core/fault'

/** A KMS answers in far less; a program that hangs must not keep the node from saying so. */
const timeoutMs = 20_000
const outputBytesMax = 64 * 1024

/**
 * Asks the operator's program to wrap or unwrap the master key: bytes on standard input, bytes on standard output,
 * exit code 0. No shell, and what it says on standard error is not read: it could be the key. Throws `key.program`.
 */
export function runKeyProgram(program: string, what: 'wrap' | 'unwrap', input: Buffer): Buffer {
  const { error, status, signal, stdout } = spawnSync(program, [what], {
    input,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    shell: false,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  if (error === undefined && status === 0 && stdout.length > 0) return stdout
  const code = error !== undefined && 'code' in error ? String(error.code) : undefined
  const end = code ?? (signal === null ? `exit code ${status}, ${stdout.length} bytes` : signal)
  throw new Fault('key.program', {
    detail: `it was asked to ${what} the key and ended with ${end}`,
    where: program,
  })
}
