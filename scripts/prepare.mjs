/*
 * Runs before `npm start`, `npm test` and the like: brings the packages, the runtime and the console to the state the
 * next command needs, and does nothing when they are there. Plain JavaScript, because on a fresh clone it is run by
 * whatever Node the machine has (18 or newer).
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stampPath = join(modules, '.ambit-stamp')
const consoleFolder = join(root, 'packages', 'console')
const consoleStampPath = join(consoleFolder, 'dist', '.stamp')
const lockPath = join(root, '.ambit', 'prepare.lock')
const runtimePath = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** Commands that show the console to somebody. */
const consoleGoals = new Set(['start', 'test', 'tour', 'bench'])
/** Oldest runtime that the node itself supports, for machines where the packaged one cannot be had. */
const runtimeMajorMin = 24
/** A first install over a slow line takes minutes; longer than this means that it hangs. */
const installMsMax = 15 * 60_000
const buildMsMax = 5 * 60_000
/** Whoever waits for another run waits as long as that run may take. */
const lockMsMax = installMsMax + buildMsMax
const lockPollMs = 200
/** A failed command says why in its first lines; npm then explains all its options. */
const outputLinesMax = 30
const outputCharactersMax = 20_000

class Refusal extends Error {}

async function main(goal) {
  if (isInstalled() && (!consoleGoals.has(goal) || isConsoleBuilt())) return
  const unlock = await lock()
  try {
    // Looked at again: the run we waited for may have done it all.
    if (!isInstalled()) await install()
    if (consoleGoals.has(goal) && !isConsoleBuilt()) await buildConsole()
  } finally {
    unlock()
  }
}

/** The stamp says for which lockfile the packages were installed, and which runtime file was checked. */
function isInstalled() {
  const stamp = readJson(stampPath)
  return stamp !== undefined && stamp.lockfile === lockfileDigest() && stamp.runtime === runtimeMark()
}

function lockfileDigest() {
  return digest(readFileSync(join(root, 'package-lock.json')))
}

/** Changes when the file is replaced, without reading its 150 MB at every start. */
function runtimeMark() {
  if (!existsSync(runtimePath)) return 'none'
  const { size, mtimeMs } = statSync(runtimePath)
  return `${size}-${Math.trunc(mtimeMs)}`
}

async function install() {
  if (!isAsLocked()) {
    await run(
      'Installing packages (once, about a minute)',
      npmCommand(['ci', '--include=dev', '--loglevel=error']),
      {
        timeoutMs: installMsMax,
        remedy: 'Check the network and the registry that npm uses (`npm ping`), then run the command again.',
      },
    )
  }
  await checkRuntime()
  const stamp = { lockfile: lockfileDigest(), runtime: runtimeMark() }
  writeFileSync(stampPath, `${JSON.stringify(stamp)}\n`)
}

/** Whether npm itself already brought everything the lockfile names, e.g. by `npm install <package>`. */
function isAsLocked() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {}
  const present = readJson(join(modules, '.package-lock.json'))?.packages
  if (present === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const here = present[path]
    if (here === undefined) return entry.optional === true || entry.devOptional === true
    return here.version === entry.version && here.integrity === entry.integrity
  })
}

/** The runtime's package fetches its binary without the lockfile, so its digest is ours to check. */
async function checkRuntime() {
  if (!existsSync(runtimePath)) {
    if (Number(process.versions.node.split('.')[0]) >= runtimeMajorMin) {
      say(`The packaged runtime is not here; Node ${process.versions.node} of this machine is used.`)
      return
    }
    throw new Refusal(
      `The runtime did not arrive, and Node ${process.versions.node} of this machine is older than ${runtimeMajorMin}.\n` +
        'If install scripts are switched off, run `npm rebuild node --ignore-scripts=false`, then this command again.',
    )
  }
  const version = readJson(join(modules, 'node', 'package.json'))?.version
  const platform = `${process.platform}-${process.arch}`
  const expected = readJson(join(root, 'scripts', 'runtime-digests.json'))?.[version]?.[platform]
  if (expected === undefined) {
    say(`No digest is known for Node ${version} on ${platform}; its binary was not checked.`)
  } else {
    const found = await fileDigest(runtimePath)
    if (found !== expected) {
      throw new Refusal(
        `${runtimePath} is not the Node ${version} this project was made with.\n  expected ${expected}\n  found    ${found}\n` +
          'Delete node_modules and run the command again; if it stays so, do not trust the registry it came from.',
      )
    }
  }
  const tried = spawnSync(runtimePath, ['--version'], { encoding: 'utf8' })
  if (tried.status !== 0) {
    throw new Refusal(
      `Node ${version} does not run on this machine: ${(tried.stderr || String(tried.error)).trim().slice(0, 500)}\n` +
        'It needs a Linux with glibc 2.28 or newer, macOS or Windows.',
    )
  }
}

function isConsoleBuilt() {
  return existsSync(consoleStampPath) && readFileSync(consoleStampPath, 'utf8') === consoleDigest()
}

async function buildConsole() {
  // Taken before the build, so that a file saved meanwhile is built next time.
  const sources = consoleDigest()
  const vite = join(modules, 'vite', 'bin', 'vite.js')
  const node = existsSync(runtimePath) ? runtimePath : process.execPath
  await run(
    'Building the console',
    { file: node, args: [vite, 'build', '--logLevel', 'warn'] },
    {
      cwd: consoleFolder,
      timeoutMs: buildMsMax,
      remedy: 'Correct what it says in packages/console, then run the command again.',
    },
  )
  writeFileSync(consoleStampPath, sources)
}

/** Over everything the built console depends on: its own files, the packages it imports, the versions of the rest. */
function consoleDigest() {
  const hash = createHash('sha256').update(lockfileDigest())
  for (const folder of [
    consoleFolder,
    join(root, 'packages', 'core', 'src'),
    join(root, 'packages', 'sdk', 'src'),
  ]) {
    for (const path of filesBelow(folder))
      hash.update(`${path.slice(root.length)}\0`).update(digest(readFileSync(path)))
  }
  return hash.digest('hex')
}

function filesBelow(folder) {
  const files = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'dist' && entry.name !== 'node_modules' && entry.name !== 'dev')
        files.push(...filesBelow(path))
    } else if (!/\.test\.tsx?$/.test(entry.name)) files.push(path)
  }
  return files.sort((left, right) => (left < right ? -1 : 1))
}

/** One run at a time; the lock of a run that died, or that is older than any run may be, counts for nothing. */
async function lock() {
  mkdirSync(dirname(lockPath), { recursive: true })
  const deadline = Date.now() + lockMsMax
  let told = false
  for (;;) {
    try {
      writeFileSync(lockPath, String(process.pid), { flag: 'wx' })
      return () => rmSync(lockPath, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isLockDead()) {
      rmSync(lockPath, { force: true })
      continue
    }
    if (Date.now() > deadline) {
      throw new Refusal(
        `Another run has held ${lockPath} for too long; delete that file if none is going on.`,
      )
    }
    if (!told) say('Waiting for another run that prepares the packages.')
    told = true
    await new Promise((resolve) => setTimeout(resolve, lockPollMs))
  }
}

function isLockDead() {
  try {
    if (Date.now() - statSync(lockPath).mtimeMs > lockMsMax) return true
    const pid = Number(readFileSync(lockPath, 'utf8'))
    // Just made and not yet written: whoever made it is alive.
    if (!Number.isInteger(pid) || pid <= 0) return false
    process.kill(pid, 0)
    return false
  } catch (error) {
    // ESRCH: no such process. ENOENT: let go between two looks, so the next attempt takes it. EPERM: alive, not ours.
    return error.code === 'ESRCH'
  }
}

/** npm as it was called, under the machine's own Node: our runtime is replaced while npm works. */
function npmCommand(args) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env
  if (cli?.endsWith('.js') && node !== undefined && existsSync(node) && !node.startsWith(modules)) {
    return { file: node, args: [cli, ...args] }
  }
  return { file: process.platform === 'win32' ? 'npm.cmd' : 'npm', args }
}

/** The environment without what the calling npm put there for its own script, which a second npm would obey or refuse. */
function outerEnvironment() {
  const environment = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (/^npm_(lifecycle|package|command|config_allow_scripts|config_workspace)/i.test(name)) continue
    environment[name] = value
  }
  const path = environment.PATH ?? ''
  environment.PATH = path
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter)
  return environment
}

function run(what, command, { cwd = root, timeoutMs, remedy }) {
  const stop = progress(what)
  return new Promise((resolve, reject) => {
    let output = ''
    const keep = (piece) => {
      if (output.length < outputCharactersMax) output += piece
    }
    const child = spawn(command.file, command.args, {
      cwd,
      env: outerEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      shell: command.file.endsWith('.cmd'),
    })
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const fail = (why) => {
      stop('failed')
      const said = output.trim().split('\n').slice(0, outputLinesMax).join('\n')
      reject(new Refusal(`${what} failed: ${why}\n${said}\n${remedy}`))
    }
    child.once('error', (error) => fail(error.message))
    child.once('close', (code, signal) => {
      if (code === 0) {
        stop('done')
        resolve()
      } else fail(signal === null ? `exit code ${code}` : `stopped by ${signal}`)
    })
  })
}

/** One line that counts the seconds on a terminal; elsewhere one line when it is over. */
function progress(what) {
  const begin = Date.now()
  const seconds = () => `${Math.round((Date.now() - begin) / 1000)} s`
  const terminal = process.stderr.isTTY
  const draw = () => process.stderr.write(`\r${what} … ${seconds()}`)
  if (terminal) draw()
  const timer = terminal ? setInterval(draw, 1000) : undefined
  return (end) => {
    clearInterval(timer)
    process.stderr.write(`${terminal ? '\r' : ''}${what}: ${end}, ${seconds()}   \n`)
  }
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

async function fileDigest(path) {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

/** Undefined for a file that is missing or was cut off while it was written. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

try {
  await main(process.argv[2] ?? 'check')
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  say(error.message)
  process.exitCode = 1
}
