import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { editable } from './draft.ts'
import { refuseTakenDown } from './life.ts'
import { entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import { checkHeaderSecret, everyone, secretName } from './secrets.ts'
import { takeUp } from './take-up.ts'

export interface SecretRequest {
  readonly header: string
  readonly value: string
  readonly for: 'me' | 'everyone'
}

/**
 * Keeps a credential for a record. A person gives their own for what the record asks for; what it asks for, and what
 * serves everyone, an operator says.
 */
export async function putSecret(
  room: Room,
  slugOrId: string,
  caller: Caller,
  request: SecretRequest,
): Promise<void> {
  const { id, target } = mustFind(room, slugOrId, caller.organization)
  const isOperator = caller.roles.includes('operator') || caller.roles.includes('owner')
  const variables = target.interfaces.flatMap((each) => each.command?.env ?? [])
  const isVariable = variables.includes(request.header)
  if ((request.for === 'everyone' || isVariable) && !isOperator) {
    throw new Fault('auth.role', { detail: 'what serves everyone is left by an operator', where: 'for' })
  }
  const name = isVariable ? request.header : secretName(request.header)
  if (!isVariable) {
    checkHeaderSecret(request, 'secret')
    const asked = target.interfaces.flatMap((each) => each.security.map(({ secret }) => secret))
    if (!asked.includes(name)) await askFor(room, id, caller, request.header, isOperator)
  }
  await room.secrets.put({
    organization: caller.organization,
    person: request.for === 'everyone' ? everyone : caller.person,
    record: id,
    name,
    value: request.value,
  })
}

/** Lets the record name the header; a record in use gets a new version, like for any other change. */
async function askFor(
  room: Room,
  id: string,
  caller: Caller,
  header: string,
  isOperator: boolean,
): Promise<void> {
  if (!isOperator) {
    throw new Fault('input.invalid', {
      detail: 'the record asks for no credential in that header',
      where: 'header',
      remedy: 'Ask an operator to add the header to the record.',
    })
  }
  await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    refuseTakenDown(room.life, held)
    const entry = await entryOf(room, held)
    const body = await editable(room, held, entry)
    const record = asking(body.record, 'url' in entry.source ? entry.source.url : '', header)
    await takeUp(room, { held, entry }, { record, served: body.served }, caller, 'secrets')
  })
}

function asking(record: AgentRecord, source: string, header: string): AgentRecord {
  const origin = URL.parse(source)?.origin
  const secret = secretName(header)
  let isAsked = false
  const interfaces = record.interfaces.map((each) => {
    // Only the origin that an operator named gets credentials.
    if (each.command !== undefined || URL.parse(each.url)?.origin !== origin) return each
    isAsked = true
    const others = each.security.filter((entry) => entry.header.toLowerCase() !== secret)
    return { ...each, security: [...others, { header, secret }] }
  })
  if (isAsked) return { ...record, interfaces }
  throw new Fault('input.invalid', {
    detail: 'no interface of the record is at the address it was registered from',
    where: 'header',
  })
}
