import { agentCardSchema } from '@ambit/core/wire/a2a/card'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import { cardTo10 } from '@ambit/core/wire/a2a/v03/card'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'

/** A card as an agent gave it, of 1.0, of 0.3 or of both. */
export type CardReading =
  | { readonly ok: true; readonly card: AgentCard; /** The whole of it in 1.0. */ readonly card10: Json }
  /** What is wrong with it, in a sentence without its subject. */
  | { readonly ok: false; readonly wrong: string }

/** Reads a card: public or extended, whichever binding it came by. */
export function readCard(given: unknown): CardReading {
  const card10 = cardTo10(objectOf(given) ?? {})
  const parsed = agentCardSchema.safeParse(card10)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') ?? ''
    const what = issue?.message ?? 'not of its form'
    return { ok: false, wrong: `is neither of A2A 1.0 nor of 0.3: \`${where}\`: ${what}` }
  }
  return hasCanonicalForm(card10)
    ? { ok: true, card: parsed.data, card10 }
    : { ok: false, wrong: 'holds a number or text that RFC 8785 cannot write, so that it cannot be signed' }
}

function hasCanonicalForm(card: Json): boolean {
  try {
    canonicalCard(card)
    return true
  } catch {
    // What in it has none (1e400, a lone surrogate) is in a text of the agent's, which is not repeated.
    return false
  }
}
