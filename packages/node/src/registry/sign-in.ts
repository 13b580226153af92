import { Fault } from '@ambit/core/fault'
import type { AgentRecord, Interface } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { refuseNoServer, signInSecret } from '../signin/signin.ts'
import type { Challenge, ClientSettings, SignInAddress, SignInStatus } from '../signin/signin.ts'
import { editable } from './draft.ts'
import { refuseTakenDown } from './life.ts'
import { entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'
import { takeUp } from './take-up.ts'

const header = 'authorization'

/** The security of an interface whose credential a person gets by signing in. */
export const signInSecurity: Interface['security'] = [{ header, secret: signInSecret }]

/**
 * A server could not be described for want of a sign-in. True: its token was renewed, so it may be asked once more. Else
 * throws `record.sign-in`, which says where the person signs in, or `failure` where that would not help.
 */
export async function askToSignIn(
  room: Room,
  { organization, person }: Caller,
  server: string,
  challenge: Challenge,
  used: string | undefined,
  failure: unknown,
): Promise<true> {
  const who = { organization, person }
  const { host } = new URL(server)
  const remedy = await room.signIns.refused(who, server, challenge, used)
  if (remedy === 'renewed') return true
  if (remedy !== 'sign-in') throw failure
  let signIn: SignInAddress
  try {
    signIn = await room.signIns.begin(who, server)
  } catch (error) {
    // Most servers without one take a credential that their owner makes.
    if (!Fault.is(error, 'sign-in.unavailable')) throw error
    throw new Fault('record.unreachable', {
      detail: `it wants a credential, and one cannot sign in to it from here: ${error.detail}`,
      where: host,
      remedy: 'Give the credential that this server needs, and try again.',
      cause: error,
    })
  }
  throw new Fault('record.sign-in', {
    detail: `you sign in to ${host} before it says what it is`,
    where: 'url',
    extra: { signIn },
  })
}

/** Where a person signs in to the server of a record. What the record asks for, an operator says. */
export async function beginSignIn(room: Room, slugOrId: string, caller: Caller): Promise<SignInAddress> {
  const held = mustFind(room, slugOrId, caller.organization)
  const server = serverOf(held)
  if (!asksForSignIn(held)) await askForSignIn(room, held.id, caller)
  const { organization, person } = caller
  return await room.signIns.begin({ organization, person }, server, held.slug)
}

export async function signInStatus(
  room: Room,
  slugOrId: string,
  caller: Caller,
): Promise<SignInStatus & { readonly wanted: boolean }> {
  const held = mustFind(room, slugOrId, caller.organization)
  const wanted = asksForSignIn(held)
  if (!wanted) return { wanted, signedIn: false, forEveryone: false, scopes: [] }
  const { organization, person } = caller
  return { wanted, ...(await room.signIns.status({ organization, person }, serverOf(held))) }
}

export async function forgetSignIn(room: Room, slugOrId: string, caller: Caller): Promise<void> {
  const { organization, person } = caller
  await room.signIns.forget({ organization, person }, serverOf(mustFind(room, slugOrId, organization)))
}

/** Keeps the client that an operator registered by hand, and lets the record ask for a sign-in. */
export async function setSignInClient(
  room: Room,
  slugOrId: string,
  caller: Caller,
  settings: ClientSettings,
): Promise<void> {
  const held = mustFind(room, slugOrId, caller.organization)
  await room.signIns.setClient(caller.organization, serverOf(held), settings)
  if (!asksForSignIn(held)) await askForSignIn(room, held.id, caller)
}

/** Keeps an ID token of a person, which their identity provider is shown on their behalf. */
export async function setIdentity(
  room: Room,
  slugOrId: string,
  { organization, person }: Caller,
  idToken: string,
): Promise<void> {
  const server = serverOf(mustFind(room, slugOrId, organization))
  await room.signIns.setIdentity({ organization, person }, server, idToken)
}

function asksForSignIn({ target }: Held): boolean {
  return target.interfaces.some(({ security }) => security.some(({ secret }) => secret === signInSecret))
}

/** Address of the one interface that a sign-in is for: the first that speaks MCP over HTTP. */
function serverOf({ target }: Held): string {
  const url = target.interfaces.find(isServer)?.url ?? ''
  // As it stands in the record: acts look for what is kept under that.
  refuseNoServer(url)
  return url
}

function isServer({ protocol, command }: Interface): boolean {
  return protocol === 'mcp' && command === undefined
}

/** Lets the record name the sign-in; a record in use gets a new version, as for any other change. */
async function askForSignIn(room: Room, id: string, caller: Caller): Promise<void> {
  if (!caller.roles.includes('operator') && !caller.roles.includes('owner')) {
    throw new Fault('input.invalid', {
      detail: 'the record does not ask for a sign-in',
      where: 'slug',
      remedy: 'Ask an operator to sign in first: that adds it to the record.',
    })
  }
  await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    refuseTakenDown(room.life, held)
    const entry = await entryOf(room, held)
    const body = await editable(room, held, entry)
    const record: AgentRecord = { ...body.record, interfaces: body.record.interfaces.map(asking) }
    await takeUp(room, { held, entry }, { record, served: body.served }, caller, 'sign-in')
  })
}

function asking(offered: Interface): Interface {
  if (!isServer(offered)) return offered
  const others = offered.security.filter((entry) => entry.header.toLowerCase() !== header)
  return { ...offered, security: [...others, ...signInSecurity] }
}
