#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { withoutMlDsaWarning } from './quiet-warnings.ts'

// Reading the program takes longer than most commands. In a folder of the person's own, because what lies there is run.
const { XDG_CACHE_HOME: cache, HOME: home } = process.env
const folder = cache ?? (home === undefined ? undefined : join(home, '.cache'))
if (folder !== undefined) enableCompileCache(join(folder, 'ambit'))

process.emitWarning = withoutMlDsaWarning(process.emitWarning.bind(process))
const { runAmbit } = await import('./program.ts')
const { processTerminal } = await import('./terminal.ts')
process.exitCode = await runAmbit(process.argv.slice(2), processTerminal())
