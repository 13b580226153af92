import type { ConfigurationPlace } from './client-configurations.ts'

/** A server as a client's file says it. Values of `env` and `headers` and all arguments may be secrets. */
export interface ConfiguredServer {
  readonly name: string
  /** Switched off in the client. */
  readonly off: boolean
  readonly url?: string
  readonly command?: { readonly program: string; readonly args: readonly string[] }
  readonly env: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** It is none that this program understands. */
  readonly problem?: string
}

const serversMax = 200
const nameCharactersMax = 200

/** The servers of a document, of whatever shape: an entry that is none says so. */
export function serversIn(
  document: unknown,
  members: ConfigurationPlace['members'],
): readonly ConfiguredServer[] {
  const found = members.flatMap((path) => groupsAt(document, path.split('.')))
  return found.flatMap((group) => entriesOf(group)).slice(0, serversMax)
}

function groupsAt(value: unknown, [member, ...rest]: readonly string[]): readonly unknown[] {
  if (member === undefined) return [value]
  if (!isObject(value)) return []
  if (member === '*') return Object.values(value).flatMap((each) => groupsAt(each, rest))
  const inner: unknown = Object.hasOwn(value, member) ? value[member] : undefined
  // An editor's settings may write a path of members as one name.
  const flat: unknown = rest.length === 0 ? undefined : value[[member, ...rest].join('.')]
  return [...(inner === undefined ? [] : groupsAt(inner, rest)), ...(flat === undefined ? [] : [flat])]
}

function entriesOf(group: unknown): readonly ConfiguredServer[] {
  if (Array.isArray(group))
    return group.map((each: unknown, at) => serverOf(nameIn(each) ?? `${at + 1}`, each))
  if (!isObject(group)) return [broken('', 'the list of servers is no object')]
  return Object.entries(group).map(([name, entry]) => serverOf(name, entry))
}

function nameIn(entry: unknown): string | undefined {
  return isObject(entry) && typeof entry['name'] === 'string' ? entry['name'] : undefined
}

function serverOf(name: string, entry: unknown): ConfiguredServer {
  if (!isObject(entry)) return broken(name, 'it is no object')
  // Older forms keep how it is reached in a member of its own.
  const at = isObject(entry['transport']) ? { ...entry, ...entry['transport'] } : entry
  const url = [at['url'], at['httpUrl'], at['serverUrl']].find((each) => typeof each === 'string')
  const command = commandOf(at)
  const common = {
    name: name.slice(0, nameCharactersMax),
    off: at['disabled'] === true || at['enabled'] === false,
    env: textsOf(isObject(at['command']) ? at['command']['env'] : (at['env'] ?? at['environment'])),
    headers: { ...textsOf(at['headers']), ...textsOf(at['http_headers']), ...variableHeaders(at) },
  }
  if (typeof url === 'string') return { ...common, url }
  if (command !== undefined) return { ...common, command }
  return broken(name, 'it names neither a command nor an address')
}

/** As a text with arguments, as one list, or as an object: each is used by some client. */
function commandOf(entry: Readonly<Record<string, unknown>>): ConfiguredServer['command'] {
  const { command } = entry
  if (typeof command === 'string' && command !== '') return { program: command, args: listOf(entry['args']) }
  if (Array.isArray(command)) {
    const [program, ...args] = listOf(command)
    return program === undefined ? undefined : { program, args }
  }
  if (isObject(command) && typeof command['path'] === 'string')
    return { program: command['path'], args: listOf(command['args']) }
  return undefined
}

/** Headers whose values a client takes from its environment: a placeholder, which only the client can fill in. */
function variableHeaders(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const variables = Object.entries(textsOf(entry['env_http_headers'])).map(([header, variable]) => [
    header,
    `\${${variable}}`,
  ])
  const bearer = entry['bearer_token_env_var']
  return Object.fromEntries([
    ...variables,
    ...(typeof bearer === 'string' ? [['Authorization', `Bearer \${${bearer}}`]] : []),
  ]) as Record<string, string>
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (isPlain(text) ? [[name, String(text)]] : [])),
  )
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function broken(name: string, problem: string): ConfiguredServer {
  return { name: name.slice(0, nameCharactersMax), off: false, env: {}, headers: {}, problem }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
