/* `npm run check`: every gate that needs no server, two at a time, the longest first. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
/** The house's measure is two cores; more at once only makes each slower. */
const atOnce = 2
/** The whole is meant to take less than a minute; a step beyond this hangs. */
const stepMsMax = 5 * 60_000
const outputCharactersMax = 100_000

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

interface Result {
  readonly name: string
  readonly ok: boolean
  readonly seconds: number
  readonly output: string
}

const steps: readonly Step[] = [
  { name: 'unit tests and architecture', command: ['vitest', 'run', '--project', 'unit'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  ...(existsSync(join(root, 'packages/console/tsconfig.json'))
    ? [{ name: 'types of the console', command: ['tsc', '--noEmit', '-p', 'packages/console'] }]
    : []),
  { name: 'format', command: ['oxfmt', '--check', '.'] },
]

const begin = performance.now()
const waiting = [...steps]
const results: Result[] = []
await Promise.all(Array.from({ length: atOnce }, async () => await work()))

const width = Math.max(...steps.map((step) => step.name.length))
console.log(`${'step'.padEnd(width)}  ok   seconds`)
for (const step of steps) {
  const result = results.find((each) => each.name === step.name)
  console.log(`${step.name.padEnd(width)}  ${result?.ok ? 'yes' : 'NO '}  ${seconds(result?.seconds ?? 0)}`)
}
console.log(`${'all'.padEnd(width)}       ${seconds((performance.now() - begin) / 1000)}`)
for (const failed of results.filter((each) => !each.ok)) {
  console.log(`\n── ${failed.name} ──\n${failed.output.trim()}`)
}
process.exitCode = results.every((each) => each.ok) ? 0 : 1

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) results.push(await run(step))
}

function run({ name, command: [program = '', ...args] }: Step): Promise<Result> {
  const started = performance.now()
  return new Promise((done) => {
    let output = ''
    const keep = (piece: string) => {
      output = (output + piece).slice(-outputCharactersMax)
    }
    const child = spawn(join(bin, program), args, {
      cwd: root,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: stepMsMax,
    })
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const end = (ok: boolean) => done({ name, ok, seconds: (performance.now() - started) / 1000, output })
    child.once('error', (error) => {
      keep(error.message)
      end(false)
    })
    child.once('close', (code, signal) => {
      if (signal !== null) keep(`\nstopped by ${signal} after ${stepMsMax} ms`)
      end(code === 0)
    })
  })
}

function seconds(value: number): string {
  return value.toFixed(1).padStart(7)
}
