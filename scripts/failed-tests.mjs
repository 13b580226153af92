// The test files that failed, one a line, of a report that vitest wrote as JSON. Plain JavaScript: any Node runs it.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const { testResults, success } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const failed = testResults.filter((file) => file.status !== 'passed').map((file) => relative('.', file.name))
// A run that failed without a failed file broke in another way: then nothing is run again.
if (!success) for (const file of new Set(failed)) console.log(file)
