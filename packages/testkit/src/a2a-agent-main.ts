import { parseArgs } from 'node:util'
import { startA2aAgent } from './a2a-agent.ts'

/** `node a2a-agent-main.ts [--port N] [--delay-ms N] [--name TEXT]`: prints `{"url", "cardUrl"}` and runs until told to stop. */
const { values } = parseArgs({
  options: { port: { type: 'string' }, 'delay-ms': { type: 'string' }, name: { type: 'string' } },
})
const agent = await startA2aAgent({
  port: Number(values.port ?? 0),
  delayMs: Number(values['delay-ms'] ?? 20),
  ...(values.name === undefined ? {} : { name: values.name }),
})
process.stdout.write(`${JSON.stringify({ url: agent.url, cardUrl: agent.cardUrl })}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void agent.close().then(() => process.exit(0))
  })
}
