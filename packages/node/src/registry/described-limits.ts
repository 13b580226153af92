import { visible } from '@ambit/core/visible'
import type { Interface } from '@ambit/core/record'
import { interfaceSchema } from '@ambit/core/record'
import { canonicalJson } from '@ambit/core/canonical'
import type { Described, DescribedCapability } from './describe.ts'

/** What a record takes (core, record.ts). */
const capabilitiesMax = 2000
const idCharactersMax = 256
const nameCharactersMax = 300
const descriptionCharactersMax = 20_000
/** A definition that is longer than this nobody can review; real ones stay below 20 KiB. */
const definitionBytesMax = 64 * 1024
/** All definitions of one record together: what the node keeps in memory for lists. */
const definitionsBytesMax = 4 * 1024 * 1024
/** Nested deeper, a definition could exhaust the stack of whoever reads it. */
const depthMax = 64
const interfacesMax = 20
const remarksMax = 50
const remarkCharactersMax = 300

/** The same description within what a record takes; what was cut or left out is said in a remark. Hostile input is data. */
export function fit(described: Described): Described {
  const remarks = described.remarks.map((remark) => visible(remark).slice(0, remarkCharactersMax))
  const capabilities = fitCapabilities(described.capabilities, remarks)
  return {
    ...described,
    name: cut(described.name, nameCharactersMax),
    description: cut(described.description, descriptionCharactersMax),
    interfaces: fitInterfaces(described.interfaces, remarks),
    capabilities,
    remarks: remarks.slice(0, remarksMax),
  }
}

function fitCapabilities(all: readonly DescribedCapability[], remarks: string[]): DescribedCapability[] {
  const kept = new Map<string, DescribedCapability>()
  let bytes = 0
  for (const [at, capability] of all.entries()) {
    const problem = capabilityProblem(capability, kept)
    if (problem !== undefined) {
      remarks.push(`capability ${at} (${visible(capability.id).slice(0, 60)}) is left out: ${problem}`)
      continue
    }
    bytes += Buffer.byteLength(canonicalJson(capability.served))
    if (kept.size >= capabilitiesMax || bytes > definitionsBytesMax) {
      remarks.push(`only the first ${kept.size} of ${all.length} capabilities are taken`)
      break
    }
    if (capability.description.length > descriptionCharactersMax) {
      remarks.push(`the description of capability ${at} is cut to ${descriptionCharactersMax} characters`)
    }
    kept.set(capability.id, {
      ...capability,
      name: cut(capability.name, nameCharactersMax),
      description: cut(capability.description, descriptionCharactersMax),
    })
  }
  return [...kept.values()]
}

function capabilityProblem(
  capability: DescribedCapability,
  kept: ReadonlyMap<string, unknown>,
): string | undefined {
  const { id, served } = capability
  if (id.length === 0 || id.length > idCharactersMax) return `its id has ${id.length} characters`
  if (visible(id) !== id) return 'its id holds characters that nobody sees'
  if (kept.has(id)) return 'another one has that id'
  if (!isShallow([served, capability.inputSchema, capability.outputSchema])) return 'it is nested too deep'
  try {
    const bytes = Buffer.byteLength(
      canonicalJson([served, capability.inputSchema ?? null, capability.outputSchema ?? null]),
    )
    if (bytes > 2 * definitionBytesMax || Buffer.byteLength(canonicalJson(served)) > definitionBytesMax) {
      return `its definition is longer than ${definitionBytesMax} bytes`
    }
  } catch {
    // Lone surrogates or numbers that are none: it has no canonical form, so nothing could be pinned.
    return 'its definition cannot be written as JSON'
  }
  return undefined
}

function fitInterfaces(all: readonly Interface[], remarks: string[]): Interface[] {
  const kept: Interface[] = []
  for (const [at, candidate] of all.entries()) {
    const parsed = interfaceSchema.safeParse(candidate)
    if (!parsed.success) remarks.push(`interface ${at} is left out: it is not of the form of a record`)
    else if (kept.length >= interfacesMax)
      remarks.push(`interface ${at} is left out: ${interfacesMax} are enough`)
    else kept.push(parsed.data)
  }
  return kept
}

/** Looks level by level, so that no depth can exhaust the stack. */
function isShallow(values: readonly unknown[]): boolean {
  let level: readonly unknown[] = values
  for (let depth = 0; depth <= depthMax; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
    if (level.length === 0) return true
  }
  return false
}

/** Cut between characters, with the lone surrogates that JSON cannot carry replaced. */
function cut(text: string, charactersMax: number): string {
  return (text.length > charactersMax ? text.slice(0, charactersMax) : text).toWellFormed()
}
