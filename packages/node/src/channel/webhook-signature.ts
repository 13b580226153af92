import { createHmac } from 'node:crypto'

/** Of a secret that is made here: what Standard Webhooks 1.0.0 recommends at least is 24. */
export const secretBytes = 32
const secretPrefix = 'whsec_'

/** A secret as its receiver keeps it (Standard Webhooks, «Signature scheme»). */
export function secretText(secret: Uint8Array): string {
  return `${secretPrefix}${Buffer.from(secret).toString('base64')}`
}

/**
 * Headers of one attempt, names and values in turn (Standard Webhooks, «Webhook headers»). The id is that of the message
 * and the same at each attempt; the time is that of the attempt.
 */
export function webhookHeaders(
  secret: Uint8Array,
  message: { readonly id: string; readonly body: string },
  nowMs: number,
): string[] {
  const at = String(Math.floor(nowMs / 1000))
  const mac = createHmac('sha256', secret).update(`${message.id}.${at}.${message.body}`).digest('base64')
  return ['webhook-id', message.id, 'webhook-timestamp', at, 'webhook-signature', `v1,${mac}`]
}
