import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { BusMessage } from './bus.ts'

/** What one replica says to the others. */
export interface Envelope {
  /** Id of the replica that speaks. */
  readonly from: string
  /** How many messages it spoke in this run, this one counted: others see by it what they missed. */
  readonly number: number
  /** The last number of the stream it had seen, so that an old message cannot be sent again much later. */
  readonly seen: number
  /** Undefined: it says that it is there, or (`look`) that others could not hear it. */
  readonly said?: { readonly subject: string; readonly message: BusMessage }
  readonly look?: true
}

const macBytes = 32
/** Ids and digests of a hundred mandates fit several times. */
export const payloadBytesMax = 65_536

const envelopeSchema = z.strictObject({
  from: z.string().max(100),
  number: z.int().nonnegative(),
  seen: z.int().nonnegative(),
  said: z
    .strictObject({
      subject: z.string().max(200),
      message: z.record(
        z.string().max(100),
        z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
      ),
    })
    .optional(),
  look: z.literal(true).optional(),
})

/** HMAC-SHA-256 over the name of the stream and the text: replicas share the master key, and nobody else on the bus has it. */
export function sealEnvelope(key: Buffer, stream: string, envelope: Envelope): Buffer {
  const text = Buffer.from(JSON.stringify(envelope))
  return Buffer.concat([macOf(key, stream, text), text])
}

/** Undefined for what no replica of this node sealed: anyone may write to the bus. */
export function openEnvelope(key: Buffer, stream: string, payload: Uint8Array): Envelope | undefined {
  if (payload.length <= macBytes || payload.length > payloadBytesMax) return undefined
  const text = payload.subarray(macBytes)
  if (!timingSafeEqual(macOf(key, stream, text), payload.subarray(0, macBytes))) return undefined
  // Sealed by this node's key, maybe by another version of it.
  const parsed = envelopeSchema.safeParse(JSON.parse(Buffer.from(text).toString()))
  return parsed.success ? (parsed.data as Envelope) : undefined
}

function macOf(key: Buffer, stream: string, text: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${stream}\n`).update(text).digest()
}
