import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { z } from 'zod'

const minuteMs = 60_000
const mebibyte = 1024 * 1024
const loopback = ['127.0.0.1', '::1']

/** A setting of the node: an environment variable. */
export interface Setting {
  readonly name: `AMBIT_${string}`
  /** As it would be written; empty when there is none. */
  readonly default: string
  /** What values it may have. */
  readonly limit: string
  /** What it is for. */
  readonly sentence: string
}

/** Every setting; the reference is generated from this table. */
export const configTable = [
  {
    name: 'AMBIT_DATA',
    default: './data',
    limit: 'a folder',
    sentence: 'Where the node keeps its logs, keys and embedded store.',
  },
  {
    name: 'AMBIT_STORE',
    default: 'sqlite:<AMBIT_DATA>/store.sqlite',
    limit: '`sqlite:<file>` or `postgres://user@host:port/database`',
    sentence: 'Where the node keeps its rows.',
  },
  {
    name: 'AMBIT_HOST',
    default: '127.0.0.1',
    limit: 'IP addresses or `localhost`, separated by commas',
    sentence: 'The addresses the node listens at; `127.0.0.1` and `localhost` both mean 127.0.0.1 and ::1.',
  },
  {
    name: 'AMBIT_PORT',
    default: '7100',
    limit: '0 to 65535; 0 takes any free port',
    sentence: 'The port of the console, the API and the protocols over HTTP.',
  },
  {
    name: 'AMBIT_GRPC_PORT',
    default: '7102',
    limit: '0 to 65535, or `off`; 0 takes any free port',
    sentence: 'The port of A2A over gRPC, at the same addresses.',
  },
  {
    name: 'AMBIT_METRICS_PORT',
    default: '7103',
    limit: '0 to 65535; 0 takes any free port',
    sentence: 'The port of metrics and health, on loopback only.',
  },
  {
    name: 'AMBIT_HOSTS',
    default: '',
    limit: 'names or IP addresses without ports, separated by commas, at most 100',
    sentence: 'Further names the node answers for in Host and Origin headers; loopback names always are.',
  },
  {
    name: 'AMBIT_ORIGIN',
    default: 'http://localhost:<AMBIT_PORT>',
    limit: 'an http or https origin without a path',
    sentence:
      'The address at which people reach the node, used in every link it writes; its name is answered for.',
  },
  {
    name: 'AMBIT_TLS_CERT',
    default: '',
    limit: 'a PEM file; only together with AMBIT_TLS_KEY',
    sentence: 'The certificate, with its chain, with which the node serves HTTPS.',
  },
  {
    name: 'AMBIT_TLS_KEY',
    default: '',
    limit: 'a PEM file; only together with AMBIT_TLS_CERT',
    sentence: 'The private key of that certificate.',
  },
  {
    name: 'AMBIT_ALLOW_ADDRESSES',
    default: '',
    limit: 'ranges like 127.0.0.0/8 or single addresses, separated by commas, at most 100',
    sentence: 'Private, loopback and link-local ranges the node may nevertheless call as upstreams.',
  },
  {
    name: 'AMBIT_LOG_LEVEL',
    default: 'info',
    limit: 'debug, info, warn, error or silent',
    sentence: 'The least important lines the node writes to standard error.',
  },
  {
    name: 'AMBIT_APPROVAL_MINUTES',
    default: '60',
    limit: '1 to 10080',
    sentence: 'How long an act waits for a person before no answer becomes a refusal.',
  },
  {
    name: 'AMBIT_UPSTREAM_TIMEOUT_MS',
    default: '60000',
    limit: '100 to 3600000',
    sentence: 'How long an upstream may stay silent before its act fails.',
  },
  {
    name: 'AMBIT_CALLER_ACTS_MAX',
    default: '12500',
    limit: '1 to 50000',
    sentence:
      'Acts of one caller under way at once, streams included; by default a quarter of what a node carries.',
  },
  {
    name: 'AMBIT_CALLER_RATE_MAX',
    default: '20000',
    limit: '1 to 1000000',
    sentence:
      'Acts of one caller a second; by default about what one node can carry, so lower it where callers share.',
  },
  {
    name: 'AMBIT_UPSTREAM_ACTS_MAX',
    default: '16000',
    limit: '1 to 16000',
    sentence: 'Acts under way at once at one agent or server, each on a connection of its own.',
  },
  {
    name: 'AMBIT_UPSTREAM_RATE_MAX',
    default: '20000',
    limit: '1 to 1000000',
    sentence: 'Acts a second at one agent or server, of all callers together.',
  },
  {
    name: 'AMBIT_CHILD_USER',
    default: '',
    limit: '`<uid>:<gid>`, or the name of a user of this machine',
    sentence:
      'The user that supervised programs run as where the node runs as root, by default nobody (65534:65534). A node that is not root starts them as itself.',
  },
  {
    name: 'AMBIT_CHILD_MEMORY_MB',
    default: '1024',
    limit: '32 to 1048576',
    sentence: 'Memory that one supervised program and what it starts may take before they are ended.',
  },
  {
    name: 'AMBIT_MCP_TOOLS_LISTED_MAX',
    default: '64',
    limit: '8 to 2000',
    sentence:
      'Tools that an MCP client is shown in full; of more it gets those its mandate names one by one, and three tools that find, describe and call the others.',
  },
  {
    name: 'AMBIT_OAUTH_CLIENT_DOCUMENT',
    default: '<AMBIT_ORIGIN>/oauth/client.json',
    limit: 'an https address with a path',
    sentence:
      'The client id metadata document by which this node is known where people sign in; a node that is not reached by https has none unless it is published elsewhere.',
  },
  {
    name: 'AMBIT_PROBE_MINUTES',
    default: '15',
    limit: '0 to 1440; 0 never',
    sentence: 'How often registered agents and servers are asked whether they still serve what was accepted.',
  },
] as const satisfies readonly Setting[]

type SettingName = (typeof configTable)[number]['name']

/** The settings of a node, in the units code works with. */
export interface Config {
  readonly dataFolder: string
  /** Address for `openStore`. */
  readonly store: string
  readonly addresses: readonly string[]
  readonly port: number
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined
  readonly metricsPort: number
  /** Names answered for beside those of loopback: AMBIT_HOSTS and the name in the origin. */
  readonly hosts: readonly string[]
  /** Undefined: `http://localhost:<port>` (https with a certificate), with the port that was got. */
  readonly origin: string | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly allowAddresses: readonly string[]
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly approvalMs: number
  readonly upstreamTimeoutMs: number
  readonly traffic: {
    readonly callerActsMax: number
    readonly callerPerSecond: number
    readonly upstreamActsMax: number
    readonly upstreamPerSecond: number
  }
  /** `uid:gid`, or a name that is looked up when the first program starts. */
  readonly childUser: string | undefined
  readonly childMemoryBytes: number
  readonly toolsListedMax: number
  /** Undefined: the node's own, where its origin is https. */
  readonly oauthClientDocument: string | undefined
  /** Undefined: never. */
  readonly probeEveryMs: number | undefined
  /** What supervised server programs get of the node's own environment. */
  readonly childEnvironment: Readonly<Partial<Record<'PATH' | 'HOME' | 'LANG', string>>>
}

type Environment = Readonly<Record<string, string | undefined>>

const listSchema = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .pipe(z.array(z.string().max(300)).max(100))
const addressesSchema = listSchema.transform((items) => [
  ...new Set(items.flatMap((item) => (item === '127.0.0.1' || item === 'localhost' ? loopback : [item]))),
])
const originSchema = z
  .string()
  .refine(isOrigin)
  .transform((text) => new URL(text).origin)

const schemas = {
  AMBIT_DATA: z
    .string()
    .min(1)
    .max(4096)
    .transform((text) => resolve(text)),
  AMBIT_STORE: z
    .string()
    .regex(/^(?:sqlite:.|postgres(?:ql)?:\/\/.)/)
    .optional(),
  AMBIT_HOST: addressesSchema.refine((items) => items.length > 0 && items.every((item) => isIP(item) !== 0)),
  AMBIT_PORT: integer(0, 65_535),
  AMBIT_GRPC_PORT: integer(0, 65_535).or(z.literal('off').transform(() => undefined)),
  AMBIT_METRICS_PORT: integer(0, 65_535),
  AMBIT_HOSTS: listSchema.refine((items) => items.every(isHostName)),
  AMBIT_ORIGIN: originSchema.optional(),
  AMBIT_TLS_CERT: z.string().max(4096).optional(),
  AMBIT_TLS_KEY: z.string().max(4096).optional(),
  AMBIT_ALLOW_ADDRESSES: listSchema.refine((items) => items.every(isRange)),
  AMBIT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  AMBIT_APPROVAL_MINUTES: integer(1, 10_080),
  AMBIT_UPSTREAM_TIMEOUT_MS: integer(100, 3_600_000),
  AMBIT_CALLER_ACTS_MAX: integer(1, 50_000),
  AMBIT_CALLER_RATE_MAX: integer(1, 1_000_000),
  AMBIT_UPSTREAM_ACTS_MAX: integer(1, 16_000),
  AMBIT_UPSTREAM_RATE_MAX: integer(1, 1_000_000),
  AMBIT_CHILD_USER: z
    .string()
    .regex(/^(?:\d{1,9}:\d{1,9}|[A-Za-z_][A-Za-z0-9_.-]{0,31})$/)
    .optional(),
  AMBIT_CHILD_MEMORY_MB: integer(32, 1_048_576),
  AMBIT_MCP_TOOLS_LISTED_MAX: integer(8, 2000),
  AMBIT_OAUTH_CLIENT_DOCUMENT: z.string().max(2000).refine(isDocument).optional(),
  AMBIT_PROBE_MINUTES: integer(0, 1440),
} satisfies Record<SettingName, z.ZodType>

/** Reads the settings, by default from the environment of this process. Throws `config.invalid` naming the variable. */
export function readConfig(environment: Environment = process.env): Config {
  const dataFolder = read('AMBIT_DATA', environment)
  const origin = read('AMBIT_ORIGIN', environment)
  const probeMinutes = read('AMBIT_PROBE_MINUTES', environment)
  return {
    dataFolder,
    store: read('AMBIT_STORE', environment) ?? `sqlite:${join(dataFolder, 'store.sqlite')}`,
    addresses: read('AMBIT_HOST', environment),
    port: read('AMBIT_PORT', environment),
    grpcPort: read('AMBIT_GRPC_PORT', environment),
    metricsPort: read('AMBIT_METRICS_PORT', environment),
    hosts: [
      ...read('AMBIT_HOSTS', environment),
      ...(origin === undefined ? [] : [bareName(new URL(origin).hostname)]),
    ],
    origin,
    tls: readTls(environment),
    allowAddresses: read('AMBIT_ALLOW_ADDRESSES', environment),
    logLevel: read('AMBIT_LOG_LEVEL', environment),
    approvalMs: read('AMBIT_APPROVAL_MINUTES', environment) * minuteMs,
    upstreamTimeoutMs: read('AMBIT_UPSTREAM_TIMEOUT_MS', environment),
    traffic: {
      callerActsMax: read('AMBIT_CALLER_ACTS_MAX', environment),
      callerPerSecond: read('AMBIT_CALLER_RATE_MAX', environment),
      upstreamActsMax: read('AMBIT_UPSTREAM_ACTS_MAX', environment),
      upstreamPerSecond: read('AMBIT_UPSTREAM_RATE_MAX', environment),
    },
    childUser: read('AMBIT_CHILD_USER', environment),
    childMemoryBytes: read('AMBIT_CHILD_MEMORY_MB', environment) * mebibyte,
    toolsListedMax: read('AMBIT_MCP_TOOLS_LISTED_MAX', environment),
    oauthClientDocument: read('AMBIT_OAUTH_CLIENT_DOCUMENT', environment),
    probeEveryMs: probeMinutes === 0 ? undefined : probeMinutes * minuteMs,
    childEnvironment: Object.fromEntries(
      (['PATH', 'HOME', 'LANG'] as const).flatMap((name) => {
        const value = environment[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

function readTls(environment: Environment): Config['tls'] {
  const certFile = read('AMBIT_TLS_CERT', environment)
  const keyFile = read('AMBIT_TLS_KEY', environment)
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile }
  if (certFile === undefined && keyFile === undefined) return undefined
  const missing = certFile === undefined ? 'AMBIT_TLS_CERT' : 'AMBIT_TLS_KEY'
  throw new Fault('config.invalid', {
    detail: `${missing} is missing: a certificate and its key are set together`,
    where: missing,
  })
}

/** An empty variable is one that is not set. The value itself is not repeated: it may hold a password. */
function read<N extends SettingName>(name: N, environment: Environment): z.output<(typeof schemas)[N]> {
  const setting: Setting = configTable.find((row) => row.name === name)!
  const schema: z.ZodType = schemas[name]
  const given = environment[name]?.trim()
  // Defaults in angle brackets are computed above.
  const fallback = schema.safeParse(undefined).success ? undefined : setting.default
  const parsed = schema.safeParse(given === undefined || given === '' ? fallback : given)
  if (parsed.success) return parsed.data as z.output<(typeof schemas)[N]>
  throw new Fault('config.invalid', {
    detail: `${name} is not ${setting.limit}`,
    where: name,
    remedy: `Set ${name} to ${setting.limit}, or leave it out${setting.default === '' ? '' : ` for ${setting.default}`}.`,
  })
}

function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.href === `${url.origin}/`
}

/** As client ids that are addresses have to be (client id metadata documents, section 3). */
function isDocument(text: string): boolean {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false
  return url.pathname !== '/' && !text.includes('#')
}

function isHostName(text: string): boolean {
  return isIP(text) !== 0 || /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text)
}

function isRange(text: string): boolean {
  const [address, bits, ...rest] = text.split('/')
  const family = isIP(address ?? '')
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A URL has IPv6 addresses in brackets; settings have them without. */
function bareName(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
