import type { SignedRuling } from '@ambit/core/ruling'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { catalogVersion } from '@ambit/core/wire/ai-catalog/ai-catalog'
import type { Governed, Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { assetRow } from './asset-register.ts'
import type { AssetLife, AssetRow } from './asset-register.ts'
import type { Context } from './draft.ts'
import { toDocument } from './formats.ts'
import type { WrittenFormat } from './formats.ts'
import { lossesOf } from './losses.ts'
import { hostOf } from './publisher.ts'

export interface ExportParts {
  readonly registry: Pick<Registry, 'read' | 'view' | 'heads'>
  readonly governed: Governed
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
  /** The name of a person, for the register. */
  readonly nameOf: (person: string) => Promise<string | undefined>
}

export interface Exported {
  readonly document: Json
  /** What the record holds and the format has no place for, a sentence each. */
  readonly losses: readonly string[]
}

/** The record in force (else its draft) in a format. Throws `input.not-found`. */
export async function exportRecord(
  parts: ExportParts,
  slugOrId: string,
  organization: string,
  format: WrittenFormat,
  addresses: Context['addresses'],
): Promise<Exported> {
  const { record, target } = await parts.registry.read(slugOrId, organization)
  const { summary } = await parts.registry.view(record.id, organization, parts.governed)
  const message = target.capabilities.get('message')
  // What the agent says otherwise since is held back until somebody has looked at it, and with it the card.
  const card = message?.held === true ? undefined : objectOf(message?.served)
  const context: Context = {
    state: target.state,
    updated: summary.updated,
    origin: parts.origin(),
    addresses,
    ...(card === undefined ? {} : { card }),
  }
  const entry = toDocument(format, record, context)
  const document = format === 'ai-catalog' ? { ...catalogFrame(context.origin), entries: [entry] } : entry
  return { document, losses: lossesOf(record, format) }
}

/** A catalog around its entries, and who gives it. */
export function catalogFrame(origin: string): Json {
  return { specVersion: catalogVersion, host: { displayName: `Ambit at ${hostOf(origin)}` } }
}

/** One record, or all of an organisation, in the asset register of TC260-PG-20266A. */
export async function assetRows(
  parts: ExportParts,
  organization: string,
  slugOrId: string | undefined,
): Promise<readonly AssetRow[]> {
  const names =
    slugOrId === undefined ? [...parts.registry.heads(organization)].map(({ id }) => id) : [slugOrId]
  const rows: AssetRow[] = []
  for (const name of names) {
    const { record, target } = await parts.registry.read(name, organization)
    const { rulings } = await parts.registry.view(record.id, organization, parts.governed)
    rows.push(assetRow(record, await lifeOf(parts, target, rulings)))
  }
  return rows
}

/** Rulings in which a person looked at a record; being put away is no review. */
const reviews: ReadonlySet<string> = new Set([
  'activation',
  'certificate',
  'test-report',
  'reinstatement',
  'filing',
])

async function lifeOf(
  parts: ExportParts,
  target: Target,
  rulings: readonly SignedRuling[],
): Promise<AssetLife> {
  const inOrder = rulings.toSorted((left, right) => (left.body.notBefore < right.body.notBefore ? -1 : 1))
  const isAbout = ({ body }: SignedRuling) => body.subject.digests.includes(target.digest)
  const activation = inOrder.findLast((ruling) => ruling.body.kind === 'activation' && isAbout(ruling))
  const review = inOrder.findLast((ruling) => reviews.has(ruling.body.kind) && isAbout(ruling))
  return {
    state: target.state,
    deployedBy: await whoOf(parts, activation),
    deployedAt: activation?.body.notBefore,
    reviewedBy: await whoOf(parts, review),
    reviewedAt: review?.body.notBefore,
  }
}

async function whoOf({ nameOf }: ExportParts, ruling: SignedRuling | undefined): Promise<string | undefined> {
  const by = ruling?.body.person
  return by === undefined ? undefined : ((await nameOf(by)) ?? by)
}
