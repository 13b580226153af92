import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Results, TestResult } from './results.ts'
import { runProgram } from './program.ts'

/** The conformance packages of MCP at the versions their lockfiles name. */
export type RunnerVersion = '0.1' | '0.2'

/** A whole suite in which every scenario runs into its time limit. */
const runMsMax = 30 * 60_000
const installMsMax = 5 * 60_000

interface Check {
  readonly id: string
  readonly name: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly description?: string
  readonly errorMessage?: string
}

/** Runs server scenarios and reads what each check came to; `args` say where the server is and select the scenarios. */
export async function runMcpServer(version: RunnerVersion, args: readonly string[]): Promise<Results> {
  const { results, text } = await run(version, ['server', ...args])
  if (results.size === 0) throw new Error(`the runner said nothing of any check:\n${text.slice(-2000)}`)
  return results
}

/**
 * Runs one client scenario with `mcp-client.ts` as the client. That the client came to its end is a check of its own,
 * which the runner makes too and does not write down. Scenarios of extensions belong to no revision.
 */
export async function runMcpClient(
  version: RunnerVersion,
  scenario: string,
  revision: string | undefined,
  way: 'direct' | 'through',
): Promise<Results> {
  const command = `node mcp-client.ts ${way}`
  const selected = revision === undefined ? [] : ['--spec-version', revision]
  const args = ['client', '--command', command, '--scenario', scenario, ...selected]
  const { results, text } = await run(version, args)
  const [broken] = /^Client (?:exited with code|timed out).*(?:\n(?!Results saved).*){0,12}/m.exec(text) ?? []
  const [skipped] = /^SKIPPED: .*/m.exec(text) ?? []
  if (skipped !== undefined) throw new Error(skipped)
  const ended: TestResult =
    broken === undefined ? { status: 'passed' } : { status: 'failed', message: broken }
  return new Map([...oneOfEach(results), [`${scenario}/the client ends well`, ended]])
}

/**
 * How often a client does what a check looks at is its own affair: a check that was made several times is one, and
 * passes when it did each time.
 */
function oneOfEach(results: Results): Results {
  const merged = new Map<string, TestResult>()
  for (const [test, result] of results) {
    const name = test.replace(/#\d+$/, '')
    if (merged.get(name)?.status !== 'failed') merged.set(name, result)
  }
  return merged
}

async function run(version: RunnerVersion, args: readonly string[]) {
  const runner = await installed(version)
  const output = mkdtempSync(join(tmpdir(), 'ambit-conformance-'))
  try {
    const { text } = await runProgram(process.execPath, [runner, ...args, '-o', output], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: {
        // The runner cuts the command of a client at its spaces, which the path of this runtime may have.
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
        // The data of a node whose client runs out of time goes with the rest.
        TMPDIR: output,
      },
      timeoutMs: runMsMax,
    })
    return { results: readChecks(output), text }
  } finally {
    rmSync(output, { recursive: true, force: true })
  }
}

const installations = new Map<RunnerVersion, Promise<string>>()

/** Once for each version, however many suites want it at the same time. */
async function installed(version: RunnerVersion): Promise<string> {
  const known = installations.get(version) ?? installRunner(version)
  installations.set(version, known)
  return await known
}

/** Installs the runner when it is not there; its install scripts do not run. */
async function installRunner(version: RunnerVersion): Promise<string> {
  const folder = fileURLToPath(new URL(`./mcp-${version}/`, import.meta.url))
  const runner = join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return runner
  const { status, text } = await runProgram('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    timeoutMs: installMsMax,
  })
  if (status !== 0) throw new Error(`the conformance runner could not be installed:\n${text}`)
  return runner
}

/**
 * Each scenario has a folder `<kind>-<scenario>-<time>`. A check is known by its id and its name; one that is made
 * several times counts each time.
 */
function readChecks(output: string): Results {
  const results = new Map<string, TestResult>()
  for (const path of globSync('**/checks.json', { cwd: output }).toSorted()) {
    const scenario = dirname(path)
      .replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '')
      .replace(/^server-/, '')
    const seen = new Map<string, number>()
    for (const check of JSON.parse(readFileSync(join(output, path), 'utf8')) as Check[]) {
      const test = `${scenario}/${check.id}:${check.name}`
      const times = (seen.get(test) ?? 0) + 1
      seen.set(test, times)
      results.set(times === 1 ? test : `${test}#${times}`, resultOf(check))
    }
  }
  return results
}

/** INFO judges nothing; a WARNING is a SHOULD that is not kept. */
function resultOf({ status, errorMessage, description }: Check): TestResult {
  if (status === 'SUCCESS') return { status: 'passed' }
  const message = errorMessage ?? description ?? status
  return { status: status === 'SKIPPED' || status === 'INFO' ? 'skipped' : 'failed', message }
}
