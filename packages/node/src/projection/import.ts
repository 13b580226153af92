import { Fault, problemOf } from '@ambit/core/fault'
import type { Format } from '@ambit/core/format'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { aiCatalogSchema } from '@ambit/core/wire/ai-catalog/ai-catalog'
import { ardDocumentSchema } from '@ambit/core/wire/ard/entry'
import type { Caller } from '../kernel/route.ts'
import type { Log } from '../kernel/log.ts'
import type { ImportDocuments, ImportPreview, ImportResult, Registry } from '../registry/registry.ts'
import { formatOf } from './detect.ts'
import { fetchDocument } from './fetch-document.ts'
import type { Fetching } from './fetch-document.ts'
import { pointed } from './entry.ts'
import { fromDocument } from './formats.ts'
import { admit, readAs } from './gate.ts'
import type { Draft } from './draft.ts'

/** Entries of one catalog that become drafts at once: more than a person reviews. */
const entriesMax = 100
const previewCharactersMax = 2000
const previewCapabilitiesMax = 200

export interface ImportParts extends Fetching {
  readonly registry: Pick<Registry, 'draft'>
  readonly log: Log
}

/** Makes a draft of each agent that a document describes. Nothing of it can be called before a person activated it. */
export function createImport(parts: ImportParts): ImportDocuments {
  return async (caller, given, signal) => {
    const { url } = given
    const document = url === undefined ? given.document : await fetchDocument(parts, url, signal)
    const described = describedIn(document, given.format)
    const keep = given.preview === true ? undefined : parts.registry
    const [only] = described
    if (described.length === 1 && only !== undefined) {
      const draft = await readOne(parts, only, signal)
      if (keep === undefined) return [{ name: nameIn(only), ok: true, preview: previewOf(draft) }]
      // A card says where an agent is; the rest of it is read there.
      const source = draft.format === 'a2a' && url !== undefined ? { source: url } : {}
      const options = { slug: given.slug, confirmName: given.confirmName }
      const { slug } = await keep.draft(caller, { ...draft, ...source }, options)
      return [{ name: nameIn(only), ok: true, slug }]
    }
    if (given.slug !== undefined) {
      throw new Fault('input.invalid', {
        detail: 'a document of several agents gives each its own name',
        where: 'body.slug',
      })
    }
    return await importAll(parts, described, { caller, keep, confirmName: given.confirmName, signal })
  }
}

/** Who imports, and what is kept of it: nothing where it is only looked at. */
interface Importing {
  readonly caller: Caller
  readonly keep: Pick<Registry, 'draft'> | undefined
  readonly confirmName: boolean | undefined
  readonly signal: AbortSignal | undefined
}

interface Described {
  readonly format: Format
  readonly document: unknown
}

/** A catalog is as many documents as it has entries. */
function describedIn(document: unknown, asked: Format | undefined): readonly Described[] {
  if (!isObject(document)) {
    throw new Fault('format.invalid', { detail: 'a document is a JSON object', where: 'document' })
  }
  const format = asked ?? formatOf(document)
  const isCatalog = (format === 'ard' || format === 'ai-catalog') && document['entries'] !== undefined
  if (!isCatalog) return [{ format, document }]
  const { entries } = readAs(format === 'ard' ? ardDocumentSchema : aiCatalogSchema, document, format)
  if (entries.length > entriesMax) {
    throw new Fault('format.too-large', {
      detail: `the catalog has ${entries.length} entries; ${entriesMax} are taken at once`,
      where: 'document.entries',
      remedy: 'Import it in parts.',
    })
  }
  return entries.map((entry) => ({ format, document: entry }))
}

/** One document as a draft. An entry that only points to a description is read there (`entry.ts`). */
async function readOne(
  parts: ImportParts,
  { format, document }: Described,
  signal: AbortSignal | undefined,
): Promise<Draft> {
  const draft = fromDocument(format, admit(document, parts.guard))
  if ((format !== 'ard' && format !== 'ai-catalog') || draft.source === undefined) return draft
  try {
    const found = admit(await fetchDocument(parts, draft.source, signal), parts.guard)
    return pointed(draft, fromDocument(formatOf(found), found))
  } catch (error) {
    // What the entry itself says is a draft all the same; whoever reviews it sees what is missing.
    if (!Fault.is(error) || signal?.aborted === true) throw error
    return {
      ...draft,
      remarks: [`what the entry points to could not be read: ${error.detail}`.slice(0, 300)],
    }
  }
}

/** Descriptions of one catalog that are read side by side. */
const sideBySide = 8

/** Each with its own result, in their order. */
async function importAll(
  parts: ImportParts,
  described: readonly Described[],
  importing: Importing,
): Promise<readonly ImportResult[]> {
  const results: ImportResult[] = []
  for (let from = 0; from < described.length; from += sideBySide) {
    const some = described.slice(from, from + sideBySide)
    const read = await Promise.allSettled(
      some.map(async (one) => await readOne(parts, one, importing.signal)),
    )
    // One after the other: names of one catalog may look alike.
    for (const [at, one] of some.entries())
      results.push(await importOne(parts, nameIn(one), read[at]!, importing))
  }
  return results
}

async function importOne(
  { log }: ImportParts,
  name: string,
  read: PromiseSettledResult<Draft>,
  { caller, keep, confirmName }: Importing,
): Promise<ImportResult> {
  try {
    if (read.status === 'rejected') throw read.reason
    if (keep === undefined) return { name, ok: true, preview: previewOf(read.value) }
    const { slug } = await keep.draft(caller, read.value, { confirmName })
    return { name, ok: true, slug }
  } catch (error) {
    const fault = Fault.from(error)
    if (fault.code === 'internal') log.error('projection.import-failed', { error: String(error) })
    return { name, ok: false, problem: problemOf(fault) }
  }
}

/** As much of a draft as a person looks at before it is made. */
function previewOf({ format, members, capabilities, remarks }: Draft): ImportPreview {
  const { kind, version, name, description, provider, interfaces } = members
  return {
    format,
    kind,
    version,
    name,
    description: (description.en ?? description.zh ?? '').slice(0, previewCharactersMax).toWellFormed(),
    provider: provider.organization,
    interfaces: interfaces.map(({ protocol, version: spoken, url, transport }) => ({
      protocol,
      version: spoken,
      url,
      transport,
    })),
    capabilities: capabilities
      .slice(0, previewCapabilitiesMax)
      .map(({ id, name: called }) => ({ id, name: called })),
    remarks: [...remarks],
  }
}

const nothing: Json = {}

/** What the document calls itself, for whoever reads the results: text of a third party. */
function nameIn({ format, document }: Described): string {
  const { displayName, name, identifier } = isObject(document) ? document : nothing
  const said = [displayName, name, identifier].find((text) => typeof text === 'string' && text !== '')
  return typeof said === 'string' ? said.slice(0, 200).toWellFormed() : format
}
