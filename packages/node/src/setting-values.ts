import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { parseKeyPlace } from './kernel/key-signer.ts'
import type { SettingName } from './settings.ts'

const loopback = ['127.0.0.1', '::1']

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
/** `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`. */
const nameServersSchema = listSchema.refine((items) =>
  items.every(
    (item) => isIP(item.replace(/^\[(.+)\](?::\d{1,5})?$/, '$1').replace(/^([\d.]+):\d{1,5}$/, '$1')) !== 0,
  ),
)
const originSchema = z
  .string()
  .refine(isOrigin)
  .transform((text) => new URL(text).origin)

const folderSchema = z
  .string()
  .min(1)
  .max(4096)
  .transform((text) => resolve(text))

const keySourceSchema = z
  .string()
  .max(4096)
  .regex(/^(?:file:.|passphrase:.|command:\/.)/)

/** What the text of each setting has to be, and what it means. */
export const settingValues = {
  AMBIT_DATA: folderSchema,
  AMBIT_GUARD: folderSchema.optional(),
  AMBIT_BACKUPS: folderSchema.optional(),
  AMBIT_DISK_RESERVE_MB: integer(1, 1_048_576).optional(),
  AMBIT_MASTER_KEY: keySourceSchema.optional(),
  AMBIT_MASTER_KEY_NEW: keySourceSchema.optional(),
  AMBIT_PASSPHRASE_FILE: folderSchema.optional(),
  AMBIT_PASSPHRASE_FILE_NEW: folderSchema.optional(),
  AMBIT_CONTENTS: z.enum(['keep', 'off']),
  AMBIT_CONTENTS_DAYS: integer(1, 36_500),
  AMBIT_LOG: z.enum(['file', 'postgres']),
  AMBIT_BUS: z.string().max(2000).transform(busServers).optional(),
  AMBIT_BUS_STREAM: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .optional(),
  AMBIT_BUS_CREDENTIALS: z.string().max(4096).optional(),
  AMBIT_LOG_MONTHS: integer(0, 1200),
  AMBIT_LOG_POLICY: z.string().max(4096).optional(),
  AMBIT_WITNESS_WAIT_MS: integer(50, 900),
  AMBIT_WITNESS_REQUIRED: z.enum(['on', 'off']),
  AMBIT_STORE: z
    .string()
    .regex(/^(?:sqlite:.|postgres(?:ql)?:\/\/.)/)
    .optional(),
  AMBIT_HOST: addressesSchema.refine((items) => items.length > 0 && items.every((item) => isIP(item) !== 0)),
  AMBIT_PORT: integer(0, 65_535),
  AMBIT_GRPC_PORT: integer(0, 65_535).or(z.literal('off').transform(() => undefined)),
  AMBIT_AGENTS_PORT: integer(0, 65_535).or(z.literal('off').transform(() => undefined)),
  AMBIT_METRICS_PORT: integer(0, 65_535),
  AMBIT_AUTHZ_PLACE_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/)
    .transform((name) => name.toLowerCase())
    .optional(),
  AMBIT_HOSTS: listSchema.refine((items) => items.every(isHostName)),
  AMBIT_ORIGIN: originSchema.optional(),
  AMBIT_TLS_CERT: z.string().max(4096).optional(),
  AMBIT_TLS_KEY: z.string().max(4096).optional(),
  AMBIT_ALLOW_ADDRESSES: listSchema.refine((items) => items.every(isRange)),
  // A whole family of addresses is nobody's own network.
  AMBIT_SCAN_NETWORKS: listSchema.refine((items) =>
    items.every((item) => isRange(item) && Number(item.split('/')[1] ?? 128) >= 8),
  ),
  AMBIT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  AMBIT_OBSERVE: z.enum(['on', 'off']),
  AMBIT_APPROVAL_MINUTES: integer(1, 10_080),
  AMBIT_APPROVAL_ASKS_MAX: integer(0, 10_000),
  AMBIT_APPROVAL_QUICK_MAX: integer(0, 10_000),
  AMBIT_HOLD_WAIT_MS: integer(0, 50_000),
  AMBIT_PUSH_CONTACT: z
    .string()
    .max(200)
    .regex(/^(?:mailto:[^\s@,]+@[^\s@,]+|https:\/\/\S+)$/)
    .optional(),
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
  AMBIT_OAUTH: z.enum(['on', 'off']),
  AMBIT_OAUTH_CLIENT_DOCUMENT: z.string().max(2000).refine(isDocument).optional(),
  AMBIT_CA_KEY: z
    .string()
    .max(4096)
    .refine((text) => parseKeyPlace(text, {}) !== undefined),
  AMBIT_LOG_KEY: z
    .string()
    .max(4096)
    .refine((text) => text === 'file' || parseKeyPlace(text, {})?.kind === 'token'),
  AMBIT_TRUST_ROOTS: folderSchema.optional(),
  AMBIT_FOREIGN_CRL: z.enum(['require', 'prefer']),
  AMBIT_REQUIRE_DOMAINS: z.enum(['on', 'off']),
  AMBIT_ENTITIES_MAX: integer(1, 100_000),
  AMBIT_DNS: nameServersSchema,
  AMBIT_PROBE_MINUTES: integer(0, 1440),
  AMBIT_IPV6_PREFIX: z.string().max(100).optional(),
} satisfies Record<SettingName, z.ZodType>

function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}

/** An address of NATS as its own clients take it; a name alone before the `@` is a token. */
function busServers(text: string, context: z.RefinementCtx) {
  const [, scheme, access, hosts] = /^(nats|tls):\/\/(?:([^@/]*)@)?([^@/]+)\/?$/.exec(text) ?? []
  const servers = hosts?.split(',').map((host) => URL.parse(`http://${host}`)) ?? []
  const [name, password] = access?.split(':') ?? []
  if (scheme === undefined || servers.some((server) => server === null || server.hostname === '')) {
    context.addIssue({ code: 'custom', message: 'not an address of NATS' })
    return z.NEVER
  }
  const isToken = name !== undefined && password === undefined
  return {
    servers: servers.map((server) => `${server!.hostname}:${server!.port === '' ? '4222' : server!.port}`),
    tls: scheme === 'tls',
    user: name === undefined || isToken ? undefined : decoded(name),
    password: password === undefined ? undefined : decoded(password),
    token: isToken ? decoded(name) : undefined,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not written as in addresses: then it is what it says.
    return text
  }
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
