import { parseAic } from '@ambit/core/id/aic'
import { isInstanceOf } from '@ambit/core/id/aic-operations'

/** The instances of a class among these records, by their codes alone; none of what is no class. */
export function instancesOf<T extends { readonly id: string }>(records: Iterable<T>, ontology: string): T[] {
  const group = parseAic(ontology)
  if (group?.isOntology !== true) return []
  const prefix = ontology.slice(0, -`.${group.entity}.${group.checksum ?? ''}`.length)
  const found: T[] = []
  for (const record of records) {
    if (!record.id.startsWith(`${prefix}.`)) continue
    const aic = parseAic(record.id)
    if (aic !== undefined && isInstanceOf(aic, group)) found.push(record)
  }
  return found
}
