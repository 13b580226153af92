import { effects, strictestProfile } from '@ambit/core/record'
import type { Effect, Profile, Reversibility } from '@ambit/core/record'
import type { ProfileWords } from '../kernel/catalog.ts'
import { argumentRoles, mintedFields } from './argument-role.ts'
import type { ArgumentRoles } from './argument-role.ts'
import type { DescribedCapability } from './describe.ts'
import { createLexicon } from './words.ts'

/** Derives what a capability seems to do. Only a proposal: it comes into force when an operator accepts it. */
export type Proposer = (capability: DescribedCapability) => Profile

/** What a word says is done. */
interface Doing {
  readonly effect: Effect
  readonly reversibility: Reversibility
}

/**
 * Effect: the gravest verb anywhere in the name (names carry prefixes, so the first word decides nothing), else in the
 * first sentence of the description, which can also make it graver. What the upstream hints only tightens. Nothing
 * found: the strictest profile.
 */
export function createProposer(words: ProfileWords): Proposer {
  const lexicon = createLexicon(words)
  const reader = createReader(words)
  return (capability) => {
    if (capability.profile !== undefined) return capability.profile
    const named = reader.doings(lexicon.ofName(capability.id))
    const clauses = lexicon.ofFirstSentence(capability.description)
    const told =
      named.length > 0 ? clauses.flatMap((clause) => reader.leading(clause)) : reader.doings(clauses.flat())
    const doing = gravest([...named, ...told])
    const found = argumentRoles(capability.inputSchema, words, lexicon)
    const roles = { ...found.roles }
    if (doing === undefined) return { ...strictestProfile, roles }
    const { effect, reversibility } = hinted(shaped(doing, found, capability), capability.hints)
    return {
      effect,
      reversibility,
      roles,
      integrity: mintedFields(capability.outputSchema, lexicon),
      dataClasses: [],
      ...(effect === 'pay' && found.money !== undefined ? { money: found.money } : {}),
    }
  }
}

/** What the arguments say of the effect, whatever the words are. */
function shaped(doing: Doing, found: ArgumentRoles, capability: DescribedCapability): Doing {
  let { effect, reversibility } = doing
  const tighten = (to: Effect, least: Reversibility) => {
    if (effects.indexOf(to) > effects.indexOf(effect)) effect = to
    if (least > reversibility) reversibility = least
  }
  // A program can do anything that its interpreter can.
  if (found.hasCode) tighten('write', 3)
  // Reading an address tells whoever answers there what was asked.
  if (found.hasAddress) tighten('egress', 2)
  // What is written to someone is sent to them.
  if (found.hasRecipient && effect === 'write') tighten('egress', 2)
  // Without a schema the whole message goes to another agent in words.
  if (capability.inputSchema === undefined) tighten('egress', 1)
  return { effect, reversibility }
}

function hinted(doing: Doing, hints: DescribedCapability['hints']): Doing {
  let { effect, reversibility } = doing
  if (hints.readOnly === false && effect === 'read') {
    effect = 'write'
    reversibility = reversibility > 1 ? reversibility : 1
  }
  if (hints.destructive === true) {
    if (effect === 'read') effect = 'write'
    if (reversibility < 2) reversibility = 2
  }
  if (hints.openWorld === true) {
    if (effect === 'read' || effect === 'write') effect = 'egress'
    if (reversibility < 1) reversibility = 1
  }
  return { effect, reversibility }
}

interface DoingReader {
  /** What all the words of a text say is done. */
  doings(units: readonly string[]): Doing[]
  /** What the first verb of a clause says. */
  leading(units: readonly string[]): Doing[]
}

/** Verbs of a clause stand early: «Used to send …», «A tool that deletes …». */
const leadingUnitsMax = 6

function createReader(words: ProfileWords): DoingReader {
  const verbs = new Map<string, Doing>()
  for (const { effect, reversibility, en, zh } of words.verbs) {
    for (const word of [...en, ...zh]) {
      const doing = gravest([{ effect, reversibility }, ...(verbs.has(word) ? [verbs.get(word)!] : [])])
      if (doing !== undefined) verbs.set(word, doing)
    }
  }
  const nouns = new Set(words.nouns)
  const creating = new Set([...words.creating.en, ...words.creating.zh])

  function doings(units: readonly string[]): Doing[] {
    // «get_transfer» reads a transfer and «contact_remove» removes a contact: a word that may be a noun is one as soon
    // as there is a word that is only a verb. Alone it is taken for a verb, and what follows it for its object.
    let acting = units.filter((unit) => verbs.has(unit) && !nouns.has(unit))
    if (acting.length === 0) acting = units.filter((unit) => verbs.has(unit)).slice(0, 1)
    return acting.flatMap((unit) => {
      const doing = verbs.get(unit)
      if (doing === undefined || doing.effect === 'read') return doing ?? []
      const others = units.filter((each) => each !== unit)
      return [doing, ...objectDoings(others, creating.has(unit))]
    })
  }
  function objectDoings(others: readonly string[], creates: boolean): Doing[] {
    return words.objects
      .filter((object) => object.after === 'any' || creates)
      .filter((object) => others.some((unit) => object.en.includes(unit) || object.zh.includes(unit)))
  }
  return {
    doings,
    leading(units) {
      const at = units.slice(0, leadingUnitsMax).findIndex((unit) => verbs.has(unit))
      return at < 0 ? [] : doings(units.slice(at, at + 1))
    },
  }
}

function gravest(doings: readonly Doing[]): Doing | undefined {
  let most: Doing | undefined
  for (const doing of doings) {
    if (most === undefined) most = doing
    else if (effects.indexOf(doing.effect) > effects.indexOf(most.effect)) most = { ...doing }
    else if (doing.effect === most.effect && doing.reversibility > most.reversibility) most = doing
  }
  if (most === undefined) return undefined
  // The hardest to undo of all that is done, reading aside: deleting and sending a note of it cannot be undone.
  const reversibility = Math.max(...doings.map((doing) => doing.reversibility)) as Reversibility
  return { effect: most.effect, reversibility }
}
