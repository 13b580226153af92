import { Fault } from '@ambit/core/fault'
import type { Authentication, Holder } from '../../authority/authority.ts'
import type { Log } from '../../kernel/log.ts'
import type { DecisionPoint, Gateway, Intake } from '../gateway.ts'
import { allowed, asking, faulty, refused, unknownCaller } from './answer.ts'
import type { PlaneAnswer } from './answer.ts'
import { askedOf } from './asked.ts'
import { findTarget } from './find-target.ts'
import type { Records } from './find-target.ts'
import type { PlaneHeaders } from './headers.ts'
import { requestLine, unclear } from './question.ts'
import type { Question } from './question.ts'

export interface DeskOptions {
  readonly gateway: Pick<Gateway, 'authenticate' | 'visible' | 'approvalUrl'> & DecisionPoint
  readonly records: Records
  /** Header in which data planes say where their client is, in small letters; undefined: nobody says so. */
  readonly placeHeader: string | undefined
  readonly log: Log
}

/** Who asks, and by which header that is known. */
export interface Admitted {
  readonly holder: Holder
  readonly tokenHeader: 'authorization' | 'ambit-authorization'
}

const protocol = 'ext-authz/v3'
/** As long as a leaf takes. */
const placeCharactersMax = 100

/** Who asks; an answer where that is not known. */
export function admit({ gateway }: DeskOptions, headers: PlaneHeaders): Admitted | PlaneAnswer {
  if (headers.duplicate !== undefined)
    return faulty(unclear(`the header ${headers.duplicate.slice(0, 50)} comes twice or is too long`))
  const { ownAuthorization, authorization } = headers
  const tokenHeader = ownAuthorization === undefined ? 'authorization' : 'ambit-authorization'
  // Proofs of possession name the address of the data plane, which is not known here: such tokens are refused.
  const known: Authentication = gateway.authenticate(ownAuthorization ?? authorization)
  return known.ok ? { holder: known.holder, tokenHeader } : unknownCaller(known)
}

/** Decides what a data plane asks. Never rejects. */
export async function decideFor(
  options: DeskOptions,
  { holder, tokenHeader }: Admitted,
  question: Question,
): Promise<PlaneAnswer> {
  const { gateway, log } = options
  try {
    const intake = intakeOf(options, holder, question)
    if (intake === 'greeting') return allowed(undefined, tokenHeader)
    const checked = await gateway.check(intake)
    if (checked.class === 'allow') return allowed(checked.act, tokenHeader)
    if (checked.class === 'refuse') return refused(checked.decision, checked.act)
    return asking(checked.decision, gateway.approvalUrl(checked.pending.id))
  } catch (error) {
    const fault = Fault.from(error)
    if (fault.code === 'internal') log.error('authz.failed', { error: String(error) })
    return faulty(fault)
  }
}

function intakeOf(options: DeskOptions, holder: Holder, question: Question): Intake | 'greeting' {
  const line = requestLine(question)
  const target = findTarget(options.records, holder.organization, question, line)
  const asked = askedOf(target, question, line)
  if (asked === 'greeting') {
    if (options.gateway.visible(holder, 'mcp').some((seen) => seen.target.id === target.id)) return asked
    throw new Fault('check.target', {
      detail: 'the mandate shows nothing of this record',
      where: target.slug,
    })
  }
  const { place } = question.headers
  if (place !== undefined && place.length > placeCharactersMax) throw unclear('the place is too long')
  return {
    holder,
    target,
    ...asked,
    argumentsText: JSON.stringify(asked.arguments),
    operation: `${line.method} ${line.path}${line.query.size === 0 ? '' : `?${line.query.toString()}`}`,
    protocolIn: protocol,
    wire: { protocol, message: undefined, bytes: nothing, forward: false },
    stream: false,
    trace: undefined,
    parent: undefined,
    place,
  }
}

const nothing = Buffer.alloc(0)
