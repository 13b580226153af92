#!/usr/bin/env node
import { runAmbit } from './program.ts'
import { processTerminal } from './terminal.ts'

process.exitCode = await runAmbit(process.argv.slice(2), processTerminal())
