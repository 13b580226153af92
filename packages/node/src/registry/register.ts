import { Fault } from '@ambit/core/fault'
import type { AgentRecord, Interface, LanguageText } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import type { Described, DescribeSource } from './describe.ts'
import { capabilityFrom, checkRecord } from './draft.ts'
import { issueIdentityCode, issueInstanceCode } from './identity-code.ts'
import type { CodeKind } from './identity-code.ts'
import { describeLive } from './live.ts'
import { refuseHeldName } from './life.ts'
import { claimNames } from './name-claims.ts'
import { checkNames, refuseQuarantinedKeys } from './names.ts'
import type { NameWord } from './names.ts'
import type { Admission, Admitted } from './key-admission.ts'
import { slugFrom, versionFrom } from './naming.ts'
import type { Served } from './registry-store.ts'
import { refuseProgramOf } from './program.ts'
import { renew } from './room.ts'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'
import { checkEnvironment, checkHeaderSecret, everyone, secretName } from './secrets.ts'
import type { HeaderSecret } from './secrets.ts'
import type { ClientSettings } from '../signin/signin.ts'
import { challengeOf } from './challenge.ts'
import { askToSignIn, signInSecurity } from './sign-in.ts'
import type { RecordSource } from './source.ts'

export interface Registration {
  readonly url?: string
  readonly command?: {
    readonly program: string
    readonly args: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  readonly slug?: string
  /** Keys of its own, and the proofs for that name. */
  readonly keys?: readonly string[]
  readonly proofs?: readonly unknown[]
  /** What it is called, in place of what it calls itself. */
  readonly name?: LanguageText
  /** An owner says that its name may resemble another one. */
  readonly confirmName?: boolean
  readonly version?: string
  readonly responsible?: { readonly name: string; readonly contact?: string }
  readonly secrets?: readonly HeaderSecret[]
  /** Whose the credentials are; those of a command belong to the record, so to everyone. */
  readonly headersFor?: 'me' | 'everyone'
  /** An OAuth client that was registered by hand with the server's authorization server. */
  readonly client?: ClientSettings
  /** Of the person who registers it, where an identity provider vouches for people. */
  readonly idToken?: string
}

/** Reads a live agent or server and makes a draft of it. The credentials go to the vault, never into the record. */
export async function register(
  room: Room,
  caller: Caller,
  registration: Registration,
  signal?: AbortSignal,
): Promise<Held> {
  const source = sourceFrom(registration, caller)
  const secrets = registration.secrets ?? []
  for (const [at, secret] of secrets.entries()) checkHeaderSecret(secret, `secrets.${at}`)
  if (registration.slug !== undefined) refuseTaken(room, registration.slug, caller.organization)
  if ('url' in source) await keepSignIn(room, caller, source.url, registration)
  const { described, security } = await describeNew(room, caller, source, secrets, signal)
  const slug = registration.slug ?? slugFrom(described.name, addressOf(source))
  refuseTaken(room, slug, caller.organization)

  const remarks = [...described.remarks]
  const record: Omit<AgentRecord, 'id' | 'keys'> = {
    v: 1,
    aliases: [],
    slug,
    kind: described.kind,
    organization: caller.organization,
    version: registration.version ?? versionFrom(described.version),
    name: registration.name ?? inLanguage(described.name.slice(0, 200).toWellFormed() || slug),
    description: inLanguage(described.description),
    provider: {
      organization: (described.provider.organization ?? caller.organization).slice(0, 300).toWellFormed(),
      domains: [],
    },
    responsible: registration.responsible ?? (await whoRegisters(room, caller)),
    interfaces: interfacesOf(described, source, security, remarks),
    capabilities: described.capabilities.map((capability) => capabilityFrom(capability, room.propose)),
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
  }
  const served = Object.fromEntries(described.capabilities.map(({ id, served }) => [id, served]))
  const word = { caller, confirmName: registration.confirmName }
  const held = await addRecord(room, record, served, keptSource(source), remarks, word, registration)
  await room.rows.setDocument(held.id, described.document)
  await keepSecrets(room, held.id, caller, registration)
  return held
}

async function keepSignIn(
  room: Room,
  { organization, person }: Caller,
  server: string,
  { client, idToken }: Registration,
): Promise<void> {
  if (client !== undefined) await room.signIns.setClient(organization, server, client)
  if (idToken !== undefined) await room.signIns.setIdentity({ organization, person }, server, idToken)
}

/** With the credentials that were given, else with those of a sign-in. Throws `record.sign-in` where one is wanted first. */
async function describeNew(
  room: Room,
  caller: Caller,
  source: DescribeSource,
  secrets: readonly HeaderSecret[],
  signal: AbortSignal | undefined,
): Promise<{ readonly described: Described; readonly security: Interface['security'] }> {
  const options = signal === undefined ? {} : { signal }
  const given = Object.fromEntries(secrets.map(({ header, value }) => [header, value]))
  const security = secrets.map(({ header }) => ({ header, secret: secretName(header) }))
  const { organization, person } = caller
  const mayUseSignIn = 'url' in source && !security.some(({ secret }) => secret === 'authorization')
  for (let triesLeft = 2; ; triesLeft--) {
    const authorization = mayUseSignIn
      ? await room.signIns.authorization(organization, person, source.url)
      : undefined
    const headers = authorization === undefined ? given : { ...given, authorization }
    try {
      const { described } = await describeLive(room, source, headers, options)
      return {
        described,
        security: authorization === undefined ? security : [...security, ...signInSecurity],
      }
    } catch (error) {
      const challenge = challengeOf(error)
      if (challenge === undefined || !mayUseSignIn || triesLeft === 1) throw error
      await askToSignIn(room, caller, source.url, challenge, authorization, error)
    }
  }
}

/** Keys of the agent's own that a record is to name, and the proofs that they are held by whoever names them. */
export interface BroughtKeys {
  readonly keys?: readonly string[] | undefined
  readonly proofs?: readonly unknown[] | undefined
}

/** Throws `agent-key.…` and `alias.…`: nothing was kept then. */
export async function admit(
  room: Room,
  asked: BroughtKeys &
    Pick<Admission, 'organization' | 'slug' | 'aliases' | 'named'> & { readonly agent?: string },
): Promise<Admitted> {
  const { keys = [], proofs = [], agent, ...rest } = asked
  refuseQuarantinedKeys(room, keys, agent)
  if (room.keys === undefined) return { keys: [], aliases: [] }
  return await room.keys.admit({ ...rest, agent, keys, proofs })
}

/** What a record brings beside its document. */
export interface Brought extends BroughtKeys {
  /** Left out: an agent of its own. */
  readonly as?: CodeKind | undefined
}

/** Gives a record its identity code and key, and makes its first draft. Throws `record.name-…`, `record.quarantined`. */
export async function addRecord(
  room: Room,
  record: Omit<AgentRecord, 'id' | 'keys'>,
  served: Served,
  source: RecordSource,
  remarks: readonly string[],
  word: NameWord,
  { as, ...brought }: Brought = {},
): Promise<Held> {
  const { organization, slug } = record
  refuseTaken(room, slug, organization)
  // Before anything is made for it: what is refused leaves nothing behind.
  checkNames(room, record, word)
  const admitted = await admit(room, { ...brought, organization, slug, aliases: record.aliases })
  const id = await codeFor(room, organization, as)
  const named = checkRecord({ ...record, id, keys: [] })
  const remark = await claimNames(room, named, word)
  const keys = admitted.keys.length > 0 ? admitted.keys : [await room.identity.createHolderKey(organization)]
  const draft = checkRecord({ ...record, id, keys })
  // A key that the node has just made is nobody else's.
  const isBrought = admitted.keys.length + admitted.aliases.length > 0
  if (isBrought) await room.keys?.claim(id, organization, admitted)
  const now = room.clock.now()
  const isNew = await room.rows.insertEntry({
    id,
    organization,
    slug,
    isLive: true,
    source,
    remarks: remark === undefined ? remarks : [...remarks, remark],
    draft,
    served,
    created: now,
    updated: now,
  })
  if (!isNew) {
    if (isBrought) await room.keys?.release(id)
    await room.life.rows.releaseNames([id])
    throw nameTaken(slug)
  }
  return await renew(room, id)
}

async function codeFor(room: Room, organization: string, as: CodeKind | undefined): Promise<string> {
  const { keyring, clock, rows } = room
  if (typeof as === 'object') return issueInstanceCode(as.instanceOf, keyring, clock)
  return issueIdentityCode(organization, await rows.next('ontology'), keyring, clock, as)
}

function refuseTaken(room: Room, slug: string, organization: string): void {
  if (room.roster.find(slug, organization) !== undefined) throw nameTaken(slug)
  refuseHeldName(room, organization, slug)
}

function nameTaken(slug: string): Fault {
  return new Fault('record.name-taken', {
    detail: `another record is called ${slug.slice(0, 63)}`,
    where: 'slug',
  })
}

function sourceFrom({ url, command }: Registration, caller: Caller): DescribeSource {
  if ((url === undefined) === (command === undefined)) {
    throw new Fault('input.invalid', { detail: 'give either an address or a command', where: 'url' })
  }
  if (command !== undefined) {
    refuseProgramOf(caller.organization)
    if (!caller.roles.includes('operator') && !caller.roles.includes('owner')) {
      throw new Fault('auth.role', {
        detail: 'a command runs on the machine of the node, so only an operator registers one',
        where: 'command',
      })
    }
    const env = command.env ?? {}
    checkEnvironment(env, 'command.env')
    return { command: { program: command.program, args: command.args, env } }
  }
  const address = URL.parse(url ?? '')
  if (address === null || (address.protocol !== 'https:' && address.protocol !== 'http:')) {
    throw new Fault('input.invalid', { detail: 'that is no http or https address', where: 'url' })
  }
  if (address.username !== '' || address.password !== '') {
    throw new Fault('input.invalid', {
      detail: 'the address carries a password, and a record is public',
      where: 'url',
      remedy: 'Give the credential as a header in `secrets`.',
    })
  }
  address.hash = ''
  return { url: address.href }
}

function keptSource(source: DescribeSource): RecordSource {
  if ('url' in source) return source
  return { command: { ...source.command, env: Object.keys(source.command.env) } }
}

function addressOf(source: DescribeSource): string {
  if ('url' in source) return URL.parse(source.url)?.hostname ?? ''
  return source.command.args.findLast((arg) => !arg.startsWith('-')) ?? source.command.program
}

/** Credentials go only where the person sent them: to the origin that was named, not to one that a card names. */
function interfacesOf(
  described: Described,
  source: DescribeSource,
  security: Interface['security'],
  remarks: string[],
): Interface[] {
  if ('command' in source) {
    const { program, args, env } = source.command
    return described.interfaces.slice(0, 1).map((each) => ({
      ...each,
      url: 'stdio:',
      transport: 'stdio',
      command: { program, args: [...args], env: Object.keys(env) },
      security: [],
    }))
  }
  const origin = URL.parse(source.url)?.origin
  if (URL.parse(source.url)?.search)
    remarks.push('the address has a query; it stands in the record, which is public')
  return described.interfaces.map((each) => {
    const isSame = URL.parse(each.url)?.origin === origin
    if (!isSame) remarks.push('an interface is at another origin than the one named; it gets no credentials')
    const { command: _, ...rest } = each
    return { ...rest, security: isSame ? security : [] }
  })
}

/** Puts the credentials of a registration into the vault. */
async function keepSecrets(
  room: Room,
  record: string,
  caller: Caller,
  registration: Registration,
): Promise<void> {
  const { organization } = caller
  const person = registration.headersFor === 'everyone' ? everyone : caller.person
  for (const { header, value } of registration.secrets ?? []) {
    await room.secrets.put({ organization, person, record, name: secretName(header), value })
  }
  for (const [name, value] of Object.entries(registration.command?.env ?? {})) {
    await room.secrets.put({ organization, person: everyone, record, name, value })
  }
}

async function whoRegisters(room: Room, caller: Caller): Promise<AgentRecord['responsible']> {
  const person = await room.identity.person(caller.person)
  return { name: person?.name ?? caller.person }
}

/** Text with Han characters is filed as Chinese, any other as English. */
function inLanguage(text: string): LanguageText {
  if (text === '') return {}
  return /\p{Script=Han}/u.test(text) ? { zh: text } : { en: text }
}
