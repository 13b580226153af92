import { canonicalJson } from '../../canonical.ts'
import { isObject } from './json.ts'
import type { Json } from './json.ts'

/** How a member of a card is kept in the form that is signed. */
type Member =
  /** REQUIRED, or written with `optional`: kept as it stands. */
  | 'kept'
  /** Left out when it has its default: an empty text, list or object, or false. */
  | 'spare'
  | { readonly of: Shape; readonly as: 'one' | 'list' | 'map'; readonly kept: boolean }

type Shape = Readonly<Record<string, Member>>

const one = (of: Shape): Member => ({ of, as: 'one', kept: true })
const list = (of: Shape, kept = false): Member => ({ of, as: 'list', kept })
const map = (of: Shape): Member => ({ of, as: 'map', kept: false })

const described: Shape = { description: 'spare' }
const flow: Shape = { refreshUrl: 'spare', pkceRequired: 'spare' }
/** Neither is any member of these two REQUIRED. */
const formerFlow: Shape = { ...flow, authorizationUrl: 'spare', tokenUrl: 'spare', scopes: 'spare' }

const requirement: Shape = { schemes: map({ list: 'spare' }) }

const scheme: Shape = {
  apiKeySecurityScheme: one(described),
  httpAuthSecurityScheme: one({ ...described, bearerFormat: 'spare' }),
  oauth2SecurityScheme: one({
    ...described,
    oauth2MetadataUrl: 'spare',
    flows: one({
      authorizationCode: one(flow),
      clientCredentials: one(flow),
      deviceCode: one(flow),
      implicit: one(formerFlow),
      password: one(formerFlow),
    }),
  }),
  openIdConnectSecurityScheme: one(described),
  mtlsSecurityScheme: one(described),
}

/**
 * The messages of the specification's proto as far as a member may be left out. Members that are not named here are
 * REQUIRED, `optional`, content of a `google.protobuf.Struct`, or unknown: all of them stay.
 */
const card: Shape = {
  supportedInterfaces: list({ tenant: 'spare' }, true),
  provider: one({}),
  capabilities: one({ extensions: list({ uri: 'spare', description: 'spare', required: 'spare' }) }),
  securitySchemes: map(scheme),
  securityRequirements: list(requirement),
  skills: list(
    {
      examples: 'spare',
      inputModes: 'spare',
      outputModes: 'spare',
      securityRequirements: list(requirement),
    },
    true,
  ),
}

/**
 * A card without its signatures and without what has its default, as section 8.4.1 says: REQUIRED members stay even when
 * empty, and so do `optional` ones that are there. The received JSON is read, never a decoded object: decoders forget
 * which members were given.
 */
export function withoutDefaults(value: Json): Json {
  const { signatures: _, ...rest } = value
  return shaped(rest, card)
}

/** The text over which a card is signed (section 8.4.1): RFC 8785 of the above. */
export function canonicalCard(value: Json): string {
  return canonicalJson(withoutDefaults(value))
}

function shaped(value: Json, shape: Shape): Json {
  const members: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    // ProtoJSON reads null as a member that is not there.
    if (member === null) continue
    const kind = Object.hasOwn(shape, name) ? shape[name]! : 'kept'
    const kept = kind === 'kept' || (kind !== 'spare' && kind.kept)
    if (!kept && isDefault(member)) continue
    members.push([name, typeof kind === 'string' ? member : inside(member, kind)])
  }
  return Object.fromEntries(members)
}

function inside(value: unknown, { of, as }: Exclude<Member, string>): unknown {
  if (as === 'list') return Array.isArray(value) ? value.map((item) => each(item, of)) : value
  if (as === 'one' || !isObject(value)) return each(value, of)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item, of)]))
}

function each(value: unknown, of: Shape): unknown {
  return isObject(value) ? shaped(value, of) : value
}

/** An empty message is no default: that it is there says something (the type of a scheme). Maps and lists are. */
function isDefault(value: unknown): boolean {
  if (value === '' || value === false || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}
