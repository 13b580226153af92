import { answerJson, startRawMcpServer, textResult } from './raw-mcp.ts'
import type { RawMcpServer } from './raw-mcp.ts'

export interface Bank extends RawMcpServer {
  /** What was paid, in the order in which it came: whole units of the currency. */
  readonly paid: readonly Payment[]
}

export interface Payment {
  readonly to: string
  readonly amount: number
  readonly currency: string
}

const pay = {
  name: 'pay',
  description: 'Pays an amount to a recipient',
  inputSchema: {
    type: 'object',
    properties: {
      to: { type: 'string' },
      amount: { type: 'number' },
      currency: { type: 'string' },
    },
    required: ['to', 'amount', 'currency'],
  },
}

/** An MCP server with one tool, `pay`: it keeps what was paid, and never answers payments to `nobody`. */
export async function startBank(): Promise<Bank> {
  const paid: Payment[] = []
  const server = await startRawMcpServer(({ id, params }, response) => {
    const payment = params.arguments as Payment
    paid.push(payment)
    if (payment.to !== 'nobody') answerJson(response, id, textResult(`paid ${payment.amount}`))
  }, pay)
  return Object.assign(server, { paid })
}
