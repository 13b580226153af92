import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJunit } from './junit.ts'
import { runProgram } from './program.ts'
import type { Results } from './results.ts'

/** The A2A TCK at one commit; the shim's scripts for the two lines of it differ. */
export interface Tck {
  readonly commit: string
  readonly line: '1.0' | '0.3'
}

export const tcks = {
  '1.0': { commit: '357c4a8', line: '1.0' },
  '0.3': { commit: 'eb1f804', line: '0.3' },
} as const satisfies Record<string, Tck>

/** Where git clones the TCK from, an address or a folder; its public repository is a2aproject/a2a-tck. */
const source = process.env['AMBIT_A2A_TCK']
/** Scripts that let the TCK run on the Python packages of Debian 12, beside this checkout unless said otherwise. */
const shim = resolve(
  process.env['AMBIT_A2A_TCK_SHIM'] ??
    fileURLToPath(new URL('../../../shared/tools/a2a-tck-shim', import.meta.url)),
)
const cache = join(process.env['AMBIT_CACHE'] ?? join(homedir(), '.cache', 'ambit'), 'a2a-tck')
const generated = join(cache, 'generated')
const protos = 'google-proto-files'
const protosVersion = '5.0.3'
const python = process.env['PYTHON'] ?? '/usr/bin/python3'
/** What the TCK imports, by the names Python knows them under. */
const modules = 'pytest, pytest_asyncio, httpx, grpc, jsonschema, google.protobuf, requests, responses'

const prepareMsMax = 5 * 60_000
/** Twice what the longest suite takes when every test of it waits for its time limit. */
const runMsMax = 30 * 60_000

/** Why the TCK cannot run here; undefined when it can. */
export async function tckAbsence(): Promise<string | undefined> {
  const cached = Object.values(tcks).every(({ commit }) => existsSync(join(cache, commit, '.ambit-ready')))
  if (source === undefined && !cached) {
    return 'AMBIT_A2A_TCK does not say where to clone a2aproject/a2a-tck from'
  }
  if (!existsSync(join(shim, 'run.sh'))) return 'no shim for the A2A TCK at AMBIT_A2A_TCK_SHIM'
  const imported = await runProgram(python, ['-c', `import ${modules}`], { timeoutMs: prepareMsMax }).catch(
    () => undefined,
  )
  if (imported?.status !== 0) return `${python} lacks some of ${modules}`
  const compiler = await runProgram('protoc', ['--version'], { timeoutMs: prepareMsMax }).catch(
    () => undefined,
  )
  return compiler?.status === 0 ? undefined : 'protoc is not installed'
}

/** Runs the TCK; `args` select tests as pytest takes them. For 0.3, `category` names a folder of its tests. */
export async function runTck(
  tck: Tck,
  url: string,
  { category, args }: { readonly category?: string; readonly args: readonly string[] },
): Promise<Results> {
  const checkout = await prepared(tck)
  const output = mkdtempSync(join(tmpdir(), 'ambit-tck-'))
  try {
    const report = join(output, 'junit.xml')
    const script = join(shim, tck.line === '1.0' ? 'run.sh' : 'run03.sh')
    const selected = [...(category === undefined ? [] : [category]), ...args, `--junitxml=${report}`]
    const { text } = await runProgram('bash', [script, checkout, url, ...selected], {
      env: { A2A_TCK_GEN: generated, PYTHON: python, PYTHONDONTWRITEBYTECODE: '1' },
      timeoutMs: runMsMax,
    })
    if (!existsSync(report)) throw new Error(`the TCK said nothing of any test:\n${text.slice(-2000)}`)
    return readJunit(readFileSync(report, 'utf8'))
  } finally {
    rmSync(output, { recursive: true, force: true })
  }
}

const preparations = new Map<string, Promise<string>>()

/** Once for each commit, however many suites want it at the same time. */
async function prepared(tck: Tck): Promise<string> {
  const known = preparations.get(tck.commit) ?? prepare(tck)
  preparations.set(tck.commit, known)
  return await known
}

/** Brings the TCK at its commit into the cache, with what Debian's packages need changed in it. */
async function prepare(tck: Tck): Promise<string> {
  const checkout = join(cache, tck.commit)
  const stamp = join(checkout, '.ambit-ready')
  if (existsSync(stamp)) return checkout
  rmSync(checkout, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  if (source === undefined)
    throw new Error('AMBIT_A2A_TCK does not say where to clone a2aproject/a2a-tck from')
  await step('git', ['clone', '--quiet', source, checkout])
  await step('git', ['-C', checkout, 'checkout', '--quiet', tck.commit])
  if (!existsSync(join(cache, 'node_modules', protos))) {
    const from = ['install', '--prefix', cache, '--ignore-scripts', '--loglevel=error']
    await step('npm', [...from, `${protos}@${protosVersion}`])
  }
  const files = join(cache, 'node_modules', protos)
  if (tck.line === '1.0') {
    await step('bash', [join(shim, 'setup.sh'), checkout, files])
    await step(python, [join(shim, 'expect-1.0.1.py'), checkout])
  } else {
    // It shares the generated modules, which the other line makes.
    if (!existsSync(generated)) await prepared(tcks['1.0'])
    await step('bash', [join(shim, 'setup03.sh'), checkout])
  }
  writeFileSync(stamp, '')
  return checkout
}

async function step(program: string, args: readonly string[]): Promise<void> {
  const env = { A2A_TCK_GEN: generated }
  const { status, text } = await runProgram(program, args, { env, timeoutMs: prepareMsMax })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${text}`)
}
