import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { spawn } from 'node:child_process'
import { fixtureServer } from './mcp-fixture.ts'

/*
 * The fixture tools over stdio: `node mcp-stdio-server.ts [switch…]`. Switches:
 *   modern    speaks 2026-07-28 only
 *   stubborn  ignores the end of its input and SIGTERM
 *   parent    starts a child of its own that does nothing, and prints its pid on stderr
 *   chatty    prints lines that are no JSON before it serves
 *   env       prints the names of its environment on stderr
 */
const switches = new Set(process.argv.slice(2))

if (switches.has('chatty')) for (let at = 0; at < 10; at++) process.stdout.write(`starting ${at}\n`)
if (switches.has('env')) process.stderr.write(`env ${Object.keys(process.env).sort().join(' ')}\n`)
if (switches.has('stubborn')) {
  process.on('SIGTERM', () => process.stderr.write('no\n'))
  setInterval(() => undefined, 60_000)
}
if (switches.has('parent')) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], { stdio: 'ignore' })
  process.stderr.write(`child ${child.pid}\n`)
}
process.stderr.write(`pid ${process.pid}\n`)

const state = { calls: [], descriptions: new Map<string, string>(), extraTools: 0 }
serveStdio(({ era }) => fixtureServer(state, era), { legacy: switches.has('modern') ? 'reject' : 'serve' })
