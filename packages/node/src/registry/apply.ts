import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { recordSchema, strictestProfile } from '@ambit/core/record'
import type { AgentRecord } from '@ambit/core/record'
import { z } from 'zod'
import type { Caller } from '../kernel/route.ts'
import { checkRecord, editable, invalidRecord } from './draft.ts'
import { refuseTakenDown } from './life.ts'
import { claimNames } from './name-claims.ts'
import { isNamedAs } from './names.ts'
import type { NameWord } from './names.ts'
import { addRecord, admit } from './register.ts'
import { entryOf, renew } from './room.ts'
import type { Room } from './room.ts'
import type { Admitted } from './key-admission.ts'
import type { Held } from './roster.ts'
import { refuseProgramOf } from './program.ts'
import { sourceOf } from './source.ts'

/** A whole record as a document; what the node gives itself (identity code, organisation, keys) may be left out. */
export const documentSchema = recordSchema
  .partial({ id: true, organization: true, keys: true })
  // Signed by the keys that are new in it (`agent-key.possession`); no part of the record.
  .extend({ proofs: z.array(z.unknown()).max(20).optional() })
export type RecordDocument = z.infer<typeof documentSchema>

/** Makes a draft of a whole document, or finds that nothing in it is new. */
export async function applyDocument(
  room: Room,
  caller: Caller,
  input: unknown,
  confirmName?: boolean,
): Promise<{ readonly held: Held; readonly unchanged: boolean }> {
  const parsed = documentSchema.safeParse(input)
  if (!parsed.success) throw invalidRecord(parsed.error)
  const document = parsed.data
  const { organization } = caller
  if (document.organization !== undefined && document.organization !== organization) {
    throw new Fault('record.invalid', {
      detail: 'the document is of another organisation',
      where: 'organization',
    })
  }
  if (document.interfaces.some(({ command }) => command !== undefined)) refuseProgramOf(organization)
  const known = room.roster.find(document.id ?? document.slug, organization)
  const word = { caller, confirmName }
  if (known !== undefined) return await change(room, known, document, word)
  if (document.id !== undefined) {
    throw new Fault('record.invalid', {
      detail: 'this node keeps no record of that identity code',
      where: 'id',
      remedy: 'Leave `id` out: the node issues one.',
    })
  }
  const { id: _, keys, proofs, ...rest } = document
  const record = strict({ ...rest, organization })
  const source = sourceOf(record as AgentRecord)
  return { held: await addRecord(room, record, {}, source, [], word, { keys, proofs }), unchanged: false }
}

async function change(
  room: Room,
  known: Held,
  document: RecordDocument,
  word: NameWord,
): Promise<{ held: Held; unchanged: boolean }> {
  refuseTakenDown(room.life, known)
  const { proofs: _, ...content } = document
  const admitted = await newKeys(room, known, document)
  return await room.turns.take(known.id, async () => {
    const entry = await entryOf(room, known)
    const { record: before, served } = await editable(room, known, entry)
    if (document.slug !== before.slug) {
      throw new Fault('record.invalid', {
        detail: `the record is called ${before.slug}, and addresses already use that`,
        where: 'slug',
      })
    }
    const { organization } = before
    const next = checkRecord(
      strict({
        ...content,
        id: before.id,
        organization,
        keys: admitted.keys.length > 0 ? [...admitted.keys] : before.keys,
      }),
    )
    const version = known.versions.find((each) => each.version === next.version)
    const isAsBefore = (from: AgentRecord) =>
      canonicalJson({ ...from, version: next.version }) === canonicalJson(next)
    // Without a draft `before` is the version in force under the next number: only its content counts.
    if (
      isAsBefore(before) &&
      (entry.draft === undefined ? version !== undefined : before.version === next.version)
    ) {
      return { held: known, unchanged: true }
    }
    if (version !== undefined) {
      throw new Fault('record.version-taken', {
        detail: `version ${next.version} exists already with other content`,
        where: 'version',
      })
    }
    const remark = isNamedAs(before, next) ? undefined : await claimNames(room, next, word)
    await room.keys?.claim(known.id, organization, admitted)
    if (remark !== undefined) await room.life.rows.setRemarks(known.id, [...entry.remarks, remark])
    await room.rows.setDraft(known.id, next, served, room.clock.now())
    return { held: await renew(room, known.id), unchanged: false }
  })
}

/** Before the turn, in which nothing waits for another machine: other domains may be asked. */
async function newKeys(
  room: Room,
  known: Held,
  { keys, aliases, proofs }: RecordDocument,
): Promise<Admitted> {
  const { record: before } = await editable(room, known, await entryOf(room, known))
  const { organization, slug } = before
  return await admit(room, {
    agent: known.id,
    organization,
    slug,
    keys: keys ?? before.keys,
    named: before.keys,
    aliases,
    proofs,
  })
}

/** While a proposal waits, the strictest profile is in force, whatever the document says. */
export function strict<R extends Pick<AgentRecord, 'capabilities'>>(record: R): R {
  return {
    ...record,
    capabilities: record.capabilities.map((capability) =>
      capability.proposal === undefined ? capability : { ...capability, profile: strictestProfile },
    ),
  }
}
