import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import { digestValue } from '../kernel/digest.ts'
import type { Caller } from '../kernel/route.ts'
import { checkRecord, editable } from './draft.ts'
import { readDraft } from './from-document.ts'
import type { DocumentDraft } from './from-document.ts'
import { refuseTakenDown } from './life.ts'
import { claimNames } from './name-claims.ts'
import { isNamedAs } from './names.ts'
import { entryOf, mustFind, renew } from './room.ts'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'

/**
 * Puts what a newer document says in place of the draft. What the document does not speak of stays. A version that was
 * submitted before never changes: another document under its number becomes a build of it, `1.2.0+2`.
 */
export async function redraft(
  room: Room,
  slugOrId: string,
  caller: Caller,
  draft: DocumentDraft,
): Promise<void> {
  const { id } = mustFind(room, slugOrId, caller.organization)
  await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    if (!held.isLive)
      throw new Fault('record.state', {
        detail: 'a retired record is not changed any more',
        where: held.slug,
      })
    refuseTakenDown(room.life, held)
    const { record: before } = await editable(room, held, await entryOf(room, held))
    const { members, served, remarks } = readDraft(room, draft, before)
    const { certificate: _, foreign, ...kept } = before
    const document = { ...kept, ...members, foreign: { ...foreign, ...members.foreign } }
    const next = checkRecord(withFreeVersion(held, checkRecord(document)))
    const remark = isNamedAs(before, next) ? undefined : await claimNames(room, next, { caller })
    await room.life.rows.setRemarks(id, remark === undefined ? [...remarks] : [...remarks, remark])
    await room.rows.setDraft(id, next, served, room.clock.now())
    await renew(room, id)
  })
}

function withFreeVersion({ versions }: Held, record: AgentRecord): AgentRecord {
  const isFree = (candidate: AgentRecord) => {
    const taken = versions.find(({ version }) => version === candidate.version)
    return taken === undefined || taken.digest === digestValue(candidate)
  }
  if (isFree(record)) return record
  const [number] = record.version.split('+', 1)
  for (let build = 2; ; build++) {
    const candidate = { ...record, version: `${number}+${build}`, ...asWritten(record) }
    if (isFree(candidate)) return candidate
  }
}

/** Each format goes on saying the version that its document says. */
function asWritten({ foreign = {}, version }: AgentRecord): Pick<AgentRecord, 'foreign'> {
  const formats = Object.entries(foreign).map(([format, held]) => [format, { version, ...held }])
  return { foreign: Object.fromEntries(formats) as AgentRecord['foreign'] }
}
