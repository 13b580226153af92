import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { keyOf, restOf } from './residue.ts'
import type { Projected } from './draft.ts'

const skillKey = keyOf('id')
/** What a card and an ACS say of a skill by the same words, and the record has no member for. */
const shared = ['examples', 'inputModes', 'outputModes'] as const

/**
 * What another format said of a skill beside its name and description, for a format that did not; tags are asked for, so
 * there are at least none.
 */
export function skillRest({ foreign = {} }: Projected, id: string, said: 'acs' | 'a2a'): Json {
  const rest = restOf(foreign[said], 'skills', skillKey({ id }))
  const members = shared.flatMap((name) => (Array.isArray(rest[name]) ? [[name, rest[name]] as const] : []))
  return { tags: Array.isArray(rest['tags']) ? rest['tags'] : [], ...Object.fromEntries(members) }
}

/** Capabilities that are operations of A2A itself and no skill of the agent. */
const operation = /^(?:message|card\.extended|task\.(?:get|list|cancel|track|push\.(?:set|get|list|delete)))$/

/**
 * The record with the skills of its agent as capabilities. An A2A agent that was read live has the operations of the
 * protocol for capabilities, and its skills stand in its card.
 */
export function withSkills(
  record: Projected,
  read: (card: Json) => Pick<Projected, 'capabilities' | 'foreign'>,
  card?: Json,
): Projected {
  if (!record.interfaces.some(({ protocol }) => protocol === 'a2a')) return record
  const own = record.capabilities.filter(({ id }) => !operation.test(id))
  if (own.length > 0 || !isObject(card)) return { ...record, capabilities: own }
  const { capabilities, foreign } = read(card)
  // The card is what the agent says now; what was kept beside the record came with an older one.
  return { ...record, capabilities, foreign: { ...record.foreign, ...foreign } }
}
