#!/usr/bin/env node
import { runAmbit } from './program.ts'
import { withoutMlDsaWarning } from './quiet-warnings.ts'
import { processTerminal } from './terminal.ts'

process.emitWarning = withoutMlDsaWarning(process.emitWarning.bind(process))
process.exitCode = await runAmbit(process.argv.slice(2), processTerminal())
