import { utf8 } from '@ambit/core/bytes'
import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { sign } from '@ambit/core/signature'
import { createHash } from 'node:crypto'
import { timeText } from '../kernel/clock.ts'
import type { ApprovalParts } from './parts.ts'

/** What a person says with a passkey: when they were asked to, and the authenticator's answer as the browser has it. */
export interface PasskeyAnswer {
  /** RFC 3339, as the challenge had it: it is part of what is signed. */
  readonly at: string
  readonly response: unknown
}

/** How a person signs: the key that the node keeps for them, or, with a passkey, what they hold themselves. */
export interface Signing {
  readonly person: string
  /** Address of the page on which they decide. */
  readonly origin: string
  readonly passkey?: PasskeyAnswer
}

/** What is signed, but for its time. */
export type Statement = Readonly<Record<string, unknown>>

/** A person looks at the card, then at their device: longer than that, and it is asked anew. */
const challengeMs = 5 * 60_000

/**
 * Options for the browser, whose challenge is the SHA-256 of exactly what will be signed. Nothing is kept: whoever
 * comes back names the time, and everything else is what this node knows itself.
 * Throws `approval.step-up` when the person has no passkey.
 */
export async function challenge(
  parts: ApprovalParts,
  { person, origin }: Signing,
  statement: Statement,
): Promise<{ at: string; options: Readonly<Record<string, unknown>> }> {
  const passkeys = await passkeysOf(parts, person)
  const at = timeText(parts.clock.now())
  const options = await passkeys.options(person, digestOf({ ...statement, at }), origin)
  return { at, options }
}

/** The signed statement, as JSON. `stepUp`: a passkey must have made the signature, over this very statement. */
export async function signStatement(
  parts: ApprovalParts,
  signing: Signing,
  statement: Statement,
  stepUp: boolean,
): Promise<string> {
  const { person, passkey, origin } = signing
  if (passkey === undefined) {
    if (stepUp) {
      await passkeysOf(parts, person)
      throw new Fault('approval.step-up', { detail: 'no passkey signed this card', where: 'passkey' })
    }
    const body = { ...statement, at: timeText(parts.clock.now()) }
    return JSON.stringify(await sign(body, await parts.identity.personSigner(person)))
  }
  const passkeys = await passkeysOf(parts, person)
  const age = parts.clock.now() - Date.parse(passkey.at)
  if (!(age >= 0 && age <= challengeMs)) {
    throw new Fault('approval.step-up', {
      detail: 'the challenge is over; ask for a new one',
      where: 'passkey.at',
    })
  }
  const body = { ...statement, at: passkey.at }
  const { envelope } = await passkeys.verify(person, digestOf(body), origin, passkey.response)
  return JSON.stringify({ body, signature: envelope })
}

async function passkeysOf(parts: ApprovalParts, person: string) {
  const { passkeys } = parts.identity
  if (passkeys === undefined || !(await passkeys.has(person))) {
    throw new Fault('approval.step-up', { detail: 'you have no passkey on this node yet', where: 'passkey' })
  }
  return passkeys
}

function digestOf(statement: Statement): Buffer {
  return createHash('sha256')
    .update(utf8(canonicalJson(statement)))
    .digest()
}
