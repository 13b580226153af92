import { createHmac, timingSafeEqual } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { signedPossessionSchema } from '@ambit/core/id/key-statement'
import { signatureHolds } from '@ambit/core/signature'
import type { Signature } from '@ambit/core/signature'
import type { KeyRoom } from './key-room.ts'

/** Long enough to sign on another machine. */
const challengeMs = 15 * 60_000
/** Clocks of agents are not all set; more is refused. */
const skewMs = 5 * 60_000

type ChallengeParts = Pick<KeyRoom, 'keyring' | 'clock'>

/**
 * What a key signs to show that it is held by whoever names it in a record of that organisation. Nothing is kept: it says
 * when it ends, and this node knows its own.
 */
export function challengeFor(
  parts: ChallengeParts,
  organization: string,
): { challenge: string; until: number } {
  const until = parts.clock.now() + challengeMs
  return { challenge: `${until.toString(36)}.${tagOf(parts, organization, until)}`, until }
}

function tagOf({ keyring }: ChallengeParts, organization: string, until: number): string {
  return createHmac('sha256', keyring.derive('did.challenge'))
    .update(`${until} ${organization}`)
    .digest('base64url')
}

function challengeHolds(parts: ChallengeParts, organization: string, challenge: string): boolean {
  const [time = '', tag = ''] = challenge.split('.')
  const until = Number.parseInt(time, 36)
  if (!/^[0-9a-z]{1,12}$/.test(time) || parts.clock.now() >= until) return false
  const [given, own] = [Buffer.from(tag), Buffer.from(tagOf(parts, organization, until))]
  return given.length === own.length && timingSafeEqual(given, own)
}

/** Throws a Fault `agent-key.proof` unless one of the proofs shows that the key is held, for that very record. */
export async function checkPossession(
  parts: ChallengeParts,
  asked: { readonly organization: string; readonly slug: string; readonly key: string },
  proofs: readonly unknown[],
): Promise<void> {
  const { organization, slug, key } = asked
  const refuse = (detail: string) => new Fault('agent-key.proof', { detail, where: key.slice(0, 100) })
  const found = proofs
    .map((proof) => signedPossessionSchema.safeParse(proof))
    .find((each) => each.success && each.data.body.key === key)?.data
  if (found === undefined) throw refuse('no proof came with the key')
  const { body } = found
  if (body.organization !== organization || body.slug !== slug)
    throw refuse('the proof is for another record')
  if (!challengeHolds(parts, organization, body.challenge))
    throw refuse('the challenge is over, or was not given by this node to this organization')
  if (!(await isSignedBy(body, found.signature, key))) throw refuse('the signature is not the key’s')
}

/** Whether a key itself signed that: no passkey, and no other key. */
export async function isSignedBy(body: unknown, signature: Signature, key: string): Promise<boolean> {
  if (signature.alg === 'webauthn' || signature.key !== key) return false
  return await signatureHolds({ body, signature })
}

/** Throws a Fault `agent-key.stale`. */
export function refuseStale({ clock }: Pick<KeyRoom, 'clock'>, at: string): void {
  const apartMs = Math.abs(clock.now() - Date.parse(at))
  if (apartMs <= skewMs) return
  throw new Fault('agent-key.stale', {
    detail: `it is ${Math.round(apartMs / 1000)} s away from the clock of this node`,
    where: 'at',
  })
}
