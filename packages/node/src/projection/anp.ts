import type { Interface } from '@ambit/core/record'
import { anpDescriptionSchema } from '@ambit/core/wire/anp-description/anp-description'
import type { AnpDescription } from '@ambit/core/wire/anp-description/anp-description'
import type { Json } from '@ambit/core/wire/a2a/json'
import { firstOfEach } from './acs.ts'
import { asProjected, interfaceAt } from './draft.ts'
import type { Context, Draft, DraftMembers, Projected } from './draft.ts'
import { readAs } from './gate.ts'
import { keyOf, residueOf, withResidue } from './residue.ts'
import type { Keys } from './residue.ts'
import { inLanguage, semanticVersion, textIn, versionOf } from './texts.ts'

const keys: Keys = { interfaces: keyOf('url') }
const interfacesMax = 20

/** What the interfaces of a description speak, in small letters, and how a record says it. */
const spoken: Readonly<Record<string, readonly [Interface['protocol'], Interface['transport']]>> = {
  openrpc: ['anp', 'jsonrpc'],
  'json-rpc': ['anp', 'jsonrpc'],
  'json-rpc 2.0': ['anp', 'jsonrpc'],
  mcp: ['mcp', 'streamable-http'],
}
const words: Readonly<Record<string, string>> = { anp: 'openrpc', mcp: 'MCP' }

/** A record as an agent description of ANP. */
export function toAnp(record: Projected, context: Context): AnpDescription {
  const held = record.foreign?.anp
  const did = record.aliases.find((alias) => /^did:(?:wba|web):/.test(alias))
  const whole = withResidue(written(record), held, keys)
  const speaks = new Map(record.interfaces.map(({ url, protocol }) => [url, words[protocol]]))
  const interfaces = whole['interfaces'] as readonly Json[] | undefined
  return anpDescriptionSchema.parse({
    ...(held === undefined
      ? {
          protocolType: 'ANP',
          protocolVersion: '1.0.0',
          version: record.version,
          url: `${context.origin}/agents/${record.slug}/ad.json`,
        }
      : {}),
    type: 'AgentDescription',
    ...(did === undefined ? {} : { did }),
    ...whole,
    ...(typeof held?.['version'] === 'string' ? { version: versionOf(record, 'anp') } : {}),
    ...(interfaces === undefined
      ? {}
      : {
          interfaces: interfaces.map((each) => {
            const protocol = speaks.get(String(each['url']))
            return protocol === undefined ? each : { type: 'StructuredInterface', protocol, ...each }
          }),
        }),
  })
}

function written(record: Projected): Json {
  const { organization, url } = record.provider
  const owner = {
    ...(organization === '' ? {} : { name: organization }),
    ...(url === undefined ? {} : { url }),
  }
  const description = textIn(record.description, 'en')
  const interfaces = record.interfaces.filter((each) => isSpoken(each)).map((each) => ({ url: each.url }))
  return {
    name: textIn(record.name, 'en') || record.slug,
    ...(description === '' ? {} : { description }),
    ...(Object.keys(owner).length === 0 ? {} : { owner }),
    ...(interfaces.length === 0 ? {} : { interfaces }),
  }
}

function isSpoken({ protocol, transport }: Interface): boolean {
  return Object.values(spoken).some(([name, way]) => name === protocol && way === transport)
}

/** Reads an agent description. What its interfaces can do stands in documents of their own, read live. */
export function fromAnp(document: unknown): Draft {
  const { proof, ...description } = readAs(anpDescriptionSchema, document, 'anp')
  const said = description['version']
  const { name, owner } = description
  const members: DraftMembers = {
    kind: 'agent',
    version: semanticVersion(typeof said === 'string' ? said : undefined),
    name: inLanguage(name),
    description: inLanguage(description.description ?? ''),
    provider: {
      organization: owner?.name ?? '',
      ...(owner?.url === undefined ? {} : { url: owner.url }),
      domains: [],
    },
    interfaces: interfacesFrom(description),
    supplies: [],
  }
  const held = residueOf(description, written(asProjected({ members, capabilities: [] })), keys)
  return {
    format: 'anp',
    members: { ...members, foreign: { anp: held } },
    capabilities: [],
    names: [name, description.did ?? ''],
    remarks: [
      'the description lists no operations; they stand in the documents of its interfaces',
      ...(proof === undefined ? [] : ['the description was signed; the proof does not go into the record']),
    ],
  }
}

function interfacesFrom({ interfaces = [] }: AnpDescription): Interface[] {
  return firstOfEach(interfaces, ({ url }) => url ?? '')
    .flatMap(({ url, protocol = '', version }) => {
      const known = Object.hasOwn(spoken, protocol.toLowerCase()) ? spoken[protocol.toLowerCase()] : undefined
      if (known === undefined || !/^https?:$/.test(URL.parse(url ?? '')?.protocol ?? '')) return []
      return [interfaceAt(known[0], known[1], (version ?? '').slice(0, 50), url!)]
    })
    .slice(0, interfacesMax)
}
