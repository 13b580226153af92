import { join, resolve } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { readPrefix } from '@ambit/core/id/address'
import type { Ipv6Prefix } from '@ambit/core/id/address'
import type { z } from 'zod'
import { parseKeyPlace } from './kernel/key-signer.ts'
import type { KeyPlace } from './kernel/key-signer.ts'
import type { TokenPlace } from './kernel/key-signer-token.ts'
import type { KeySource } from './kernel/master-key.ts'
import { settingValues } from './setting-values.ts'
import { settings } from './settings.ts'
import type { Setting, SettingName } from './settings.ts'

const minuteMs = 60_000
const mebibyte = 1024 * 1024

/** The settings of a node, in the units code works with. */
export interface Config {
  readonly dataFolder: string
  /** Neither lies inside the data folder: restoring that must not restore them. */
  readonly guardFolder: string
  readonly backupFolder: string
  /** Undefined: by the size of the disk. */
  readonly diskReserveBytes: number | undefined
  readonly masterKey: KeySource
  /** Where the master key is to lie from the next start on. */
  readonly masterKeyNew: KeySource | undefined
  /** Undefined: contents of acts are not kept. */
  readonly contentsDays: number | undefined
  readonly logEngine: 'file' | 'postgres'
  /** How replicas tell each other of changes; undefined: they look at the store. The access in it is secret. */
  readonly bus:
    | {
        readonly servers: readonly string[]
        readonly tls: boolean
        readonly user: string | undefined
        readonly password: string | undefined
        readonly token: string | undefined
        readonly credentialsFile: string | undefined
        /** Undefined: made from the name of the node. */
        readonly stream: string | undefined
      }
    | undefined
  /** Entries of activity logs that ended so many months ago are deleted; 0: never. */
  readonly logMonths: number
  /** Who cosigns the logs of this node; undefined: nobody. */
  readonly witnesses:
    | { readonly policyFile: string; readonly waitMs: number; readonly required: boolean }
    | undefined
  /** Address for `openStore`. */
  readonly store: string
  readonly addresses: readonly string[]
  readonly port: number
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined
  /** For agents over mutual TLS; undefined: not served. */
  readonly agentsPort: number | undefined
  readonly metricsPort: number
  /** Names answered for beside those of loopback: AMBIT_HOSTS and the name in the origin. */
  readonly hosts: readonly string[]
  /** Undefined: `http://localhost:<port>` (https with a certificate), with the port that was got. */
  readonly origin: string | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly allowAddresses: readonly string[]
  /** Networks that may be scanned, beside loopback. */
  readonly scanNetworks: readonly string[]
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Header in which data planes that ask this node say where their client is, in small letters; undefined: none. */
  readonly authzPlaceHeader: string | undefined
  /** What would be asked or refused is performed, and its record says so. */
  readonly observe: boolean
  readonly approvalMs: number
  /** How long a caller waits for its act in the outbox. */
  readonly holdWaitMs: number
  /** When a person's single approvals rest. */
  readonly fatigue: { readonly asksMax: number; readonly quickMax: number }
  /** Where push services reach the operator: a `mailto:` or `https:` address. */
  readonly pushContact: string | undefined
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
  /** Clients may log in by themselves. */
  readonly oauth: boolean
  /** Undefined: the node's own, where its origin is https. */
  readonly oauthClientDocument: string | undefined
  /** Where the keys of the certificate authority lie. */
  readonly caKey: KeyPlace
  /** Undefined: sealed in the folder of each log. */
  readonly logKey: TokenPlace | undefined
  readonly trustRootsFile: string | undefined
  /** Agents of foreign authorities are refused while the revocation list of those is not here. */
  readonly foreignListRequired: boolean
  /** Records are activated only within proved domains. */
  readonly requireDomains: boolean
  /** Entities that one ontology registers. */
  readonly entitiesMax: number
  /** Undefined: those of this machine. */
  readonly nameServers: readonly string[] | undefined
  /** Undefined: never. */
  readonly probeEveryMs: number | undefined
  /** Where agents have addresses of their own; undefined: nowhere. */
  readonly ipv6Prefix: Ipv6Prefix | undefined
  /** What supervised server programs get of the node's own environment. */
  readonly childEnvironment: Readonly<Partial<Record<'PATH' | 'HOME' | 'LANG', string>>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the settings, by default from the environment of this process. Throws `config.invalid` naming the variable. */
export function readConfig(environment: Environment = process.env): Config {
  const dataFolder = read('AMBIT_DATA', environment)
  const origin = read('AMBIT_ORIGIN', environment)
  const reserveMb = read('AMBIT_DISK_RESERVE_MB', environment)
  const probeMinutes = read('AMBIT_PROBE_MINUTES', environment)
  return {
    dataFolder,
    guardFolder: besides(dataFolder, 'AMBIT_GUARD', environment) ?? `${dataFolder}-guard`,
    backupFolder: besides(dataFolder, 'AMBIT_BACKUPS', environment) ?? `${dataFolder}-backups`,
    diskReserveBytes: reserveMb === undefined ? undefined : reserveMb * mebibyte,
    masterKey: readKeySource('AMBIT_MASTER_KEY', 'AMBIT_PASSPHRASE_FILE', environment) ?? {
      kind: 'file',
      path: join(dataFolder, 'keys', 'master.key'),
    },
    masterKeyNew: readKeySource('AMBIT_MASTER_KEY_NEW', 'AMBIT_PASSPHRASE_FILE_NEW', environment),
    contentsDays:
      read('AMBIT_CONTENTS', environment) === 'keep' ? read('AMBIT_CONTENTS_DAYS', environment) : undefined,
    logEngine: readLogEngine(environment),
    bus: readBus(environment),
    logMonths: read('AMBIT_LOG_MONTHS', environment),
    witnesses: readWitnesses(environment),
    store: read('AMBIT_STORE', environment) ?? `sqlite:${join(dataFolder, 'store.sqlite')}`,
    addresses: read('AMBIT_HOST', environment),
    port: read('AMBIT_PORT', environment),
    grpcPort: read('AMBIT_GRPC_PORT', environment),
    agentsPort: read('AMBIT_AGENTS_PORT', environment),
    metricsPort: read('AMBIT_METRICS_PORT', environment),
    hosts: [
      ...read('AMBIT_HOSTS', environment),
      ...(origin === undefined ? [] : [bareName(new URL(origin).hostname)]),
    ],
    origin,
    tls: readTls(environment),
    allowAddresses: read('AMBIT_ALLOW_ADDRESSES', environment),
    scanNetworks: read('AMBIT_SCAN_NETWORKS', environment),
    logLevel: read('AMBIT_LOG_LEVEL', environment),
    authzPlaceHeader: read('AMBIT_AUTHZ_PLACE_HEADER', environment),
    observe: read('AMBIT_OBSERVE', environment) === 'on',
    approvalMs: read('AMBIT_APPROVAL_MINUTES', environment) * minuteMs,
    holdWaitMs: read('AMBIT_HOLD_WAIT_MS', environment),
    fatigue: {
      asksMax: read('AMBIT_APPROVAL_ASKS_MAX', environment),
      quickMax: read('AMBIT_APPROVAL_QUICK_MAX', environment),
    },
    pushContact: read('AMBIT_PUSH_CONTACT', environment),
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
    oauth: read('AMBIT_OAUTH', environment) === 'on',
    oauthClientDocument: read('AMBIT_OAUTH_CLIENT_DOCUMENT', environment),
    caKey: parseKeyPlace(read('AMBIT_CA_KEY', environment), foreignVariables(environment))!,
    logKey: readLogKey(environment),
    trustRootsFile: read('AMBIT_TRUST_ROOTS', environment),
    foreignListRequired: read('AMBIT_FOREIGN_CRL', environment) === 'require',
    requireDomains: read('AMBIT_REQUIRE_DOMAINS', environment) === 'on',
    entitiesMax: read('AMBIT_ENTITIES_MAX', environment),
    nameServers: nonEmpty(read('AMBIT_DNS', environment)),
    probeEveryMs: probeMinutes === 0 ? undefined : probeMinutes * minuteMs,
    ipv6Prefix: readIpv6Prefix(environment),
    childEnvironment: Object.fromEntries(
      (['PATH', 'HOME', 'LANG'] as const).flatMap((name) => {
        const value = environment[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

/** What programs of others are set up by, without what this node's settings hold. */
function foreignVariables(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AMBIT_')))
}

/** An empty list says nothing. */
function nonEmpty(items: readonly string[]): readonly string[] | undefined {
  return items.length === 0 ? undefined : items
}

/** Ranges for documentation lead nowhere; a node that nobody reaches from outside may be tried with one. */
function readIpv6Prefix(environment: Environment): Ipv6Prefix | undefined {
  const where = 'AMBIT_IPV6_PREFIX'
  const text = read(where, environment)
  if (text === undefined) return undefined
  const reading = readPrefix(text)
  const isAlone = read('AMBIT_HOST', environment).every((each) => loopbacks.has(each))
  const why = !reading.ok
    ? reading.why
    : reading.isDocumentation && !isAlone
      ? 'is for documentation, which is good for trying only, on a node that listens at loopback alone (AMBIT_HOST)'
      : undefined
  if (reading.ok && why === undefined) return reading.prefix
  throw new Fault('config.invalid', {
    detail: `${where} ${why}`,
    where,
    remedy: `Set ${where} to a range that your network was given and routes to this machine, or leave it out.`,
  })
}

const loopbacks: ReadonlySet<string> = new Set(['127.0.0.1', '::1'])

/** A folder that must not lie inside the data folder. */
function besides(
  dataFolder: string,
  name: 'AMBIT_GUARD' | 'AMBIT_BACKUPS',
  environment: Environment,
): string | undefined {
  const folder = read(name, environment)
  if (folder === undefined || !`${folder}/`.startsWith(`${dataFolder}/`)) return folder
  throw new Fault('config.invalid', {
    detail: `${name} lies inside of AMBIT_DATA`,
    where: name,
    remedy:
      'Name a folder outside of the data folder: whoever restores an older data folder must not restore it.',
  })
}

function readKeySource(
  name: 'AMBIT_MASTER_KEY' | 'AMBIT_MASTER_KEY_NEW',
  passphraseName: 'AMBIT_PASSPHRASE_FILE' | 'AMBIT_PASSPHRASE_FILE_NEW',
  environment: Environment,
): KeySource | undefined {
  const [, kind, rest] = /^([a-z]+):(.*)$/.exec(read(name, environment) ?? '') ?? []
  if (kind === undefined || rest === undefined) return undefined
  if (kind === 'file') return { kind, path: resolve(rest) }
  const data = read('AMBIT_DATA', environment)
  if (kind === 'command') return { kind, program: rest, path: join(data, 'keys', 'master.wrapped') }
  const credentials = environment['CREDENTIALS_DIRECTORY']
  const passphraseFile =
    read(passphraseName, environment) ??
    read('AMBIT_PASSPHRASE_FILE', environment) ??
    (credentials === undefined ? undefined : join(credentials, 'ambit-passphrase'))
  if (passphraseFile !== undefined) return { kind: 'passphrase', path: resolve(rest), passphraseFile }
  throw new Fault('config.invalid', {
    detail: `${passphraseName} is missing: ${name} asks for a passphrase`,
    where: passphraseName,
  })
}

function readWitnesses(environment: Environment): Config['witnesses'] {
  const policyFile = read('AMBIT_LOG_POLICY', environment)
  const required = read('AMBIT_WITNESS_REQUIRED', environment) === 'on'
  const waitMs = read('AMBIT_WITNESS_WAIT_MS', environment)
  if (policyFile !== undefined) return { policyFile: resolve(policyFile), waitMs, required }
  if (!required) return undefined
  throw new Fault('config.invalid', {
    detail: 'AMBIT_LOG_POLICY is missing: witnesses that are required have to be named',
    where: 'AMBIT_LOG_POLICY',
  })
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

function readLogEngine(environment: Environment): Config['logEngine'] {
  const engine = read('AMBIT_LOG', environment)
  if (engine === 'file' || read('AMBIT_STORE', environment)?.startsWith('postgres') === true) return engine
  throw new Fault('config.invalid', {
    detail: 'AMBIT_LOG is postgres, but the store is SQLite: logs with several writers need PostgreSQL',
    where: 'AMBIT_LOG',
    remedy: 'Set AMBIT_STORE to `postgres://user@host:port/database`, or leave AMBIT_LOG out.',
  })
}

function readLogKey(environment: Environment): TokenPlace | undefined {
  const text = read('AMBIT_LOG_KEY', environment)
  const place = text === 'file' ? undefined : parseKeyPlace(text, foreignVariables(environment))
  return place?.kind === 'token' ? place : undefined
}

function readBus(environment: Environment): Config['bus'] {
  const address = read('AMBIT_BUS', environment)
  const credentialsFile = read('AMBIT_BUS_CREDENTIALS', environment)
  if (address === undefined && credentialsFile !== undefined) {
    throw new Fault('config.invalid', {
      detail: 'AMBIT_BUS is missing: credentials are for the servers it names',
      where: 'AMBIT_BUS',
    })
  }
  if (address === undefined) return undefined
  if (readLogEngine(environment) === 'file') {
    throw new Fault('config.invalid', {
      detail: 'AMBIT_BUS is set, but AMBIT_LOG is not postgres: nodes that share a bus share their logs',
      where: 'AMBIT_BUS',
      remedy:
        'Set AMBIT_LOG to `postgres` and AMBIT_STORE to the PostgreSQL of all of them, or leave AMBIT_BUS out.',
    })
  }
  return { ...address, credentialsFile, stream: read('AMBIT_BUS_STREAM', environment) }
}

/** An empty variable is one that is not set. The value itself is not repeated: it may hold a password. */
function read<N extends SettingName>(name: N, environment: Environment): z.output<(typeof settingValues)[N]> {
  const setting: Setting = settings.find((row) => row.name === name)!
  const schema: z.ZodType = settingValues[name]
  const given = environment[name]?.trim()
  // Defaults in angle brackets are computed above.
  const fallback = schema.safeParse(undefined).success ? undefined : setting.default
  const parsed = schema.safeParse(given === undefined || given === '' ? fallback : given)
  if (parsed.success) return parsed.data as z.output<(typeof settingValues)[N]>
  throw new Fault('config.invalid', {
    detail: `${name} is not ${setting.limit}`,
    where: name,
    remedy: `Set ${name} to ${setting.limit}, or leave it out${setting.default === '' ? '' : ` for ${setting.default}`}.`,
  })
}

/** A URL has IPv6 addresses in brackets; settings have them without. */
function bareName(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
