import type { Allow } from '@ambit/core/mandate'
import type { Connection, MandateView, NewMandate } from '../src/api/types.ts'

const day = 86_400_000
const key = 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'

export function mandateOf(id: string, wanted: NewMandate, spent: number): MandateView {
  const now = Date.now()
  const days = wanted.expiresInDays ?? 30
  return {
    id,
    signed: {
      body: {
        v: 1,
        type: 'mandate',
        id,
        issuer: key,
        holder: key,
        subject: 'per_01hzx3',
        organization: 'main',
        purpose: wanted.purpose,
        allow: [...wanted.allow],
        limits: wanted.limits ?? {},
        delegate: { depthMax: 2 },
        notBefore: new Date(now).toISOString(),
        expires: new Date(now + days * day).toISOString(),
        nonce: '0123456789abcdef',
      },
      signature: { alg: 'ed25519', key, value: '' },
    },
    state: 'active',
    kind: 'standing',
    children: 0,
    tokens: 0,
    spent: { calls: spent, bytesOut: 0, money: {} },
  }
}

const officeAllow: Allow[] = [
  { target: 'mail-room', capability: 'list_messages', decision: 'autonomous' },
  { target: 'mail-room', capability: 'read_message' },
  {
    target: 'mail-room',
    capability: 'send_message',
    decision: 'ask',
    arguments: { to: { prefix: 'chen@' } },
  },
  {
    target: 'payments-clerk',
    capability: 'pay_invoice',
    decision: 'ask',
    arguments: { amount: { max: 20_000 } },
  },
]

export function fakeMandates(): MandateView[] {
  const office = mandateOf(
    'man_office',
    {
      purpose: 'Run the office: answer mail, pay invoices that were ordered',
      allow: officeAllow,
      limits: { calls: 2000, rate: { calls: 60, periodMs: 3_600_000 } },
      expiresInDays: 90,
    },
    412,
  )
  const reading = mandateOf(
    'man_reading',
    {
      purpose: '每天早上整理收件箱',
      allow: [{ target: 'mail-room', capability: 'list_*' }],
      expiresInDays: 14,
    },
    38,
  )
  const ended = mandateOf(
    'man_ended',
    {
      purpose: 'Book the trip to Chengdu',
      allow: [{ target: 'travel-desk', capability: '*', effect: 'pay' }],
    },
    9,
  )
  return [
    { ...office, tokens: 2, children: 1 },
    { ...reading, tokens: 1 },
    { ...ended, state: 'revoked', kind: 'task' },
  ]
}

/** As the node would write it for one client. */
export function connectionOf(origin: string, client: string, token: string): Connection {
  const mcpUrl = `${origin}/mcp`
  const entry = { url: mcpUrl, headers: { Authorization: `Bearer ${token}` } }
  const config =
    client === 'env'
      ? `AMBIT_MCP_URL=${mcpUrl}\nAMBIT_TOKEN=${token}`
      : client === 'a2a'
        ? `${origin}/a2a\nAuthorization: Bearer ${token}`
        : JSON.stringify({ [client === 'vscode' ? 'servers' : 'mcpServers']: { ambit: entry } }, undefined, 2)
  return { id: 'tok_1', token, mcpUrl, a2aUrl: `${origin}/a2a`, config }
}
