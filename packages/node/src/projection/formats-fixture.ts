import { recordSchema, strictestProfile } from '@ambit/core/record'
import type { Format } from '@ambit/core/format'
import type { AgentRecord } from '@ambit/core/record'
import type { Json } from '@ambit/core/wire/a2a/json'
import {
  a2aDocument,
  acsDocument,
  anpDocument,
  ardDocument,
  catalogDocument,
  mcpDocument,
} from '@ambit/testkit/format-documents'
import type { Arbitrary } from 'fast-check'
import { digestValue } from '../kernel/digest.ts'
import { createAddressGuard } from '../net/address.ts'
import type { Context, Draft } from './draft.ts'
import { fromDocument } from './formats.ts'
import { admit } from './gate.ts'

export const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'
const guard = createAddressGuard([])
export const context: Context = {
  state: 'active',
  updated: '2026-11-20T00:00:00Z',
  origin: 'https://node.example',
  addresses: 'own',
}

/** The record that a draft becomes: it must be one, whatever the document was. */
function recordOf(draft: Draft): AgentRecord {
  return completed({
    ...draft.members,
    capabilities: draft.capabilities.map(({ id, name, description, served }) => ({
      id,
      name,
      description,
      definition: digestValue(served),
      profile: strictestProfile,
      modes: [],
    })),
  })
}

export function completed(members: Json): AgentRecord {
  const record = {
    v: 1,
    id: aic,
    aliases: [],
    slug: 'agent',
    kind: 'agent',
    organization: 'main',
    provider: { organization: '', domains: [] },
    responsible: { name: 'Ada' },
    places: [],
    scenarios: [],
    supplies: [],
    keys: [],
    evidence: [],
    ...members,
  }
  // What is stored is JSON.
  return recordSchema.parse(JSON.parse(JSON.stringify(record)))
}

export const read = (format: Format, document: Json) => recordOf(fromDocument(format, admit(document, guard)))

export interface Row {
  readonly format: Format
  readonly documents: Arbitrary<Json>
  /** What comes back of a document that went through a record. */
  readonly normal: (document: Json) => Json
}

const asItCame = (document: Json): Json => document

/** Each format with documents of it. */
export const rows: readonly Row[] = [
  {
    format: 'acs',
    documents: acsDocument,
    normal: (acs) => ({
      ...acs,
      aic,
      active: true,
      lastModifiedTime: context.updated,
      endPoints: (acs['endPoints'] as Json[]).map((each) => ({
        ...each,
        url: String(each['url']).replace('{AIC}', aic),
      })),
    }),
  },
  { format: 'a2a', documents: a2aDocument, normal: asItCame },
  { format: 'mcp', documents: mcpDocument, normal: asItCame },
  { format: 'anp', documents: anpDocument, normal: asItCame },
  { format: 'ard', documents: ardDocument, normal: asItCame },
  { format: 'ai-catalog', documents: catalogDocument, normal: asItCame },
]
