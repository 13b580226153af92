import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// What was compiled at the last start is read at this one, which halves it. It lies beside this package's own code: who
// can write there, can write that as well. Where nobody can, everything is compiled as ever.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))

await import('./run.ts')
