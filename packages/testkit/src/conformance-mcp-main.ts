import { parseArgs } from 'node:util'
import { startConformanceMcp } from './conformance-mcp-server.ts'

/** `node conformance-mcp-main.ts [--port N] [--eras both|modern|legacy]`: prints `{"url"}` and runs until told to stop. */
const { values } = parseArgs({ options: { port: { type: 'string' }, eras: { type: 'string' } } })
const eras = (['both', 'modern', 'legacy'] as const).find((name) => name === values.eras) ?? 'both'
const server = await startConformanceMcp({ port: Number(values.port ?? 0), eras })
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0))
  })
}
