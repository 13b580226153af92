import type { Format } from '@ambit/core/format'
import type { Json } from '@ambit/core/wire/a2a/json'
import { fromA2a, skillsOfCard, toA2a } from './a2a.ts'
import { fromAcs, toAcs } from './acs.ts'
import { fromAnp, toAnp } from './anp.ts'
import type { Context, Draft, Projected } from './draft.ts'
import { fromEntry, toEntry } from './entry.ts'
import { toGbz185 } from './gbz185.ts'
import { fromServerJson, toServerJson } from './server-json.ts'
import { servedHere } from './served-here.ts'
import { withSkills } from './skills.ts'

/** Formats that a record is written as: those it is read from, and one that is only written. */
export type WrittenFormat = Format | 'gbz185'

const readers: Readonly<Record<Format, (document: Json) => Draft>> = {
  a2a: fromA2a,
  mcp: fromServerJson,
  acs: fromAcs,
  anp: fromAnp,
  ard: (document) => fromEntry(document, 'ard'),
  'ai-catalog': (document) => fromEntry(document, 'ai-catalog'),
}

const writers: Readonly<Record<WrittenFormat, (record: Projected, context: Context) => Json>> = {
  a2a: toA2a,
  mcp: toServerJson,
  acs: toAcs,
  anp: toAnp,
  ard: (record, context) => toEntry(record, context, 'ard'),
  'ai-catalog': (record, context) => toEntry(record, context, 'ai-catalog'),
  gbz185: toGbz185,
}

/** Reads a document that `admit` let in. Throws a Fault `format.invalid`. Pure. */
export function fromDocument(format: Format, document: Json): Draft {
  return readers[format](document)
}

/** A record in a format; for the two of catalogs, its entry. Pure. */
export function toDocument(format: WrittenFormat, given: Projected, context: Context): Json {
  const own = withSkills(given, skillsOfCard, context.card)
  return writers[format](context.addresses === 'node' ? servedHere(own, context) : own, context)
}
