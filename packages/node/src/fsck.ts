import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { auditLog, readFileGuard } from './ledger/ledger.ts'

/*
 * `npm run fsck -- <data folder> [--guard <folder>] [--json]`: reads every log of a node that is not running, changes
 * nothing, and names everything that is not as it was written. 0: nothing found, 1: something, 2: it could not be read.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { guard: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const [folder] = positionals
if (folder === undefined || positionals.length > 1) {
  process.stderr.write('usage: npm run fsck -- <data folder> [--guard <folder>] [--json]\n')
  process.exit(2)
}
const data = resolve(folder)

interface Finding {
  readonly log: string
  readonly file: string
  readonly offset: number
  readonly index?: number
  readonly what: string
  readonly whatToDo: string
}

try {
  const findings = await check()
  if (values.json) process.stdout.write(`${JSON.stringify({ findings })}\n`)
  else if (findings.length === 0) process.stdout.write('Sound: everything is as it was written.\n')
  else for (const finding of findings) process.stdout.write(`${say(finding)}\n`)
  process.exitCode = findings.length === 0 ? 0 : 1
} catch (error) {
  process.stderr.write(
    `${data} could not be checked: ${error instanceof Error ? error.message : String(error)}\n` +
      '  Name the data folder of a node, as in `npm run fsck -- data`; a log alone is checked by `ambit log fsck`.\n',
  )
  process.exitCode = 2
}

async function check(): Promise<Finding[]> {
  const guard = values.guard ?? `${data}-guard`
  const findings: Finding[] = []
  for (const log of await logs()) {
    const origin = await originOf(log)
    if (origin !== undefined && (await isPruned(log, origin))) {
      process.stderr.write(
        `${log}: its entries are deleted under the retention; check what is left with \`ambit log fsck --hashes-only\`\n`,
      )
      continue
    }
    const guarded = origin === undefined ? undefined : await readFileGuard(guard, origin)
    process.stderr.write(`${log} …\n`)
    for await (const found of auditLog(join(data, 'log', log), guarded === undefined ? {} : { guarded })) {
      findings.push({ log, ...found })
    }
  }
  return findings
}

/** `<series>/<period>` of each log below the data folder. */
async function logs(): Promise<string[]> {
  const found: string[] = []
  const folders = await readdir(join(data, 'log'), { withFileTypes: true }).catch((error: unknown) => {
    throw new Error('it has no folder `log` that can be read', { cause: error })
  })
  for (const series of folders) {
    if (!series.isDirectory()) continue
    for (const period of await readdir(join(data, 'log', series.name), { withFileTypes: true })) {
      if (period.isDirectory()) found.push(`${series.name}/${period.name}`)
    }
  }
  if (found.length === 0) throw new Error('it holds no log')
  return found.toSorted()
}

async function originOf(log: string): Promise<string | undefined> {
  const name = await readFile(join(data, 'log', 'name'), 'utf8').catch(() => undefined)
  return name === undefined ? undefined : `${name.trim()}/${log}`
}

/** As the list of its series says. */
async function isPruned(log: string, origin: string): Promise<boolean> {
  const list = await readFile(join(data, 'log', dirname(log), 'shards'), 'utf8').catch(() => '')
  return list.split('\n').some((line) => line.startsWith(`${origin} `) && line.includes(' pruned '))
}

function say({ log, file, offset, index, what, whatToDo }: Finding): string {
  const entry = index === undefined ? '' : `, entry ${index}`
  return `${log}/${file}, byte ${offset}${entry}: ${what}\n  ${whatToDo}`
}
