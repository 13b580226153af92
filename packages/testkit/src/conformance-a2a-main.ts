import { parseArgs } from 'node:util'
import { startConformanceA2a } from './conformance-a2a-agent.ts'

/**
 * `node conformance-a2a-main.ts [--port N] [--grpc-port N] [--no-push] [--no-streaming] [--extended-card] [--legacy]
 * [--required-extension URI]`: prints `{"url", "grpcAddress"}` and runs until told to stop.
 */
const { values } = parseArgs({
  allowNegative: true,
  options: {
    port: { type: 'string' },
    'grpc-port': { type: 'string' },
    push: { type: 'boolean', default: true },
    streaming: { type: 'boolean', default: true },
    'extended-card': { type: 'boolean', default: false },
    legacy: { type: 'boolean', default: false },
    'required-extension': { type: 'string' },
  },
})
const extension = values['required-extension']
const agent = await startConformanceA2a({
  port: Number(values.port ?? 0),
  grpcPort: Number(values['grpc-port'] ?? 0),
  push: values.push,
  streaming: values.streaming,
  extendedCard: values['extended-card'],
  legacy: values.legacy,
  ...(extension === undefined ? {} : { requiredExtension: extension }),
})
process.stdout.write(`${JSON.stringify({ url: agent.url, grpcAddress: agent.grpcAddress })}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void agent.close().then(() => process.exit(0))
  })
}
