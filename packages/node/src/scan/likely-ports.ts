/** Where agents and tool servers listen when nobody chose another port, with what does. */
export const likelyPorts: readonly { readonly port: number; readonly what: string }[] = [
  { port: 80, what: 'HTTP' },
  { port: 443, what: 'HTTP over TLS' },
  { port: 3000, what: 'MCP servers in TypeScript' },
  { port: 3001, what: 'the MCP reference server “everything”' },
  { port: 4000, what: 'development servers' },
  { port: 5000, what: 'Flask' },
  { port: 6277, what: 'the proxy of the MCP Inspector' },
  { port: 7860, what: 'Gradio, which serves MCP' },
  { port: 8000, what: 'MCP servers in Python' },
  { port: 8001, what: 'a second one of these' },
  { port: 8080, what: 'HTTP without privileges' },
  { port: 8081, what: 'a second one of these' },
  { port: 8443, what: 'HTTP over TLS without privileges' },
  { port: 8888, what: 'development servers' },
  { port: 9000, what: 'development servers' },
  { port: 9999, what: 'A2A samples in Python' },
  { port: 10_000, what: 'A2A samples in Python' },
  { port: 41_241, what: 'A2A samples in JavaScript' },
]

export const portsMax = 64
