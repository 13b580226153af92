import { resolve } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { settings } from './settings.ts'

test('has a default for everything', () => {
  expect(readConfig({})).toEqual({
    dataFolder: resolve('data'),
    guardFolder: resolve('data-guard'),
    backupFolder: resolve('data-backups'),
    masterKey: { kind: 'file', path: resolve('data/keys/master.key') },
    contentsDays: 184,
    logEngine: 'file',
    logMonths: 0,
    store: `sqlite:${resolve('data/store.sqlite')}`,
    addresses: ['127.0.0.1', '::1'],
    port: 7100,
    grpcPort: 7102,
    agentsPort: 7101,
    metricsPort: 7103,
    hosts: [],
    origin: undefined,
    tls: undefined,
    allowAddresses: [],
    scanNetworks: [],
    logLevel: 'info',
    approvalMs: 3_600_000,
    fatigue: { asksMax: 20, quickMax: 5 },
    holdWaitMs: 10_000,
    upstreamTimeoutMs: 60_000,
    traffic: {
      callerActsMax: 12_500,
      callerPerSecond: 20_000,
      upstreamActsMax: 16_000,
      upstreamPerSecond: 20_000,
    },
    childUser: undefined,
    childMemoryBytes: 1024 * 1024 * 1024,
    toolsListedMax: 64,
    oauth: true,
    authzPlaceHeader: undefined,
    observe: false,
    requireDomains: false,
    entitiesMax: 1000,
    nameServers: undefined,
    caKey: { kind: 'store' },
    logKey: undefined,
    trustRootsFile: undefined,
    foreignListRequired: true,
    probeEveryMs: 300_000,
    childEnvironment: {},
  })
})

test('the keys of the authority lie in a token, which gets what is not of this node', () => {
  const uri = 'pkcs11:token=hsm?module-path=/lib/p11.so&pin-source=file:/run/pin'
  const environment = { SOFTHSM2_CONF: '/etc/hsm', AMBIT_BUS: '', AMBIT_CA_KEY: uri }
  expect(readConfig(environment).caKey).toEqual({
    kind: 'token',
    token: 'hsm',
    object: 'ambit',
    module: '/lib/p11.so',
    pinFile: '/run/pin',
    environment: { SOFTHSM2_CONF: '/etc/hsm' },
  })
  expect(readConfig({ ...environment, AMBIT_LOG_KEY: uri }).logKey).toEqual(readConfig(environment).caKey)
  expect(readConfig({ AMBIT_LOG_KEY: 'file' }).logKey).toBeUndefined()
  expect(readConfig({ AMBIT_FOREIGN_CRL: 'prefer' }).foreignListRequired).toBe(false)
})

test('a passphrase comes from a file that is named, or from the credentials of the service', () => {
  const passphrase = { AMBIT_DATA: '/d', AMBIT_MASTER_KEY: 'passphrase:/d/locked' }
  expect(() => readConfig(passphrase)).toThrow('AMBIT_PASSPHRASE_FILE is missing')
  expect(readConfig({ ...passphrase, CREDENTIALS_DIRECTORY: '/run/c' }).masterKey).toMatchObject({
    passphraseFile: '/run/c/ambit-passphrase',
  })
  const next = { AMBIT_MASTER_KEY_NEW: 'passphrase:/d/new', AMBIT_PASSPHRASE_FILE_NEW: '/d/new words' }
  expect(readConfig({ ...passphrase, AMBIT_PASSPHRASE_FILE: '/d/words', ...next })).toMatchObject({
    masterKey: { passphraseFile: '/d/words' },
    masterKeyNew: { path: '/d/new', passphraseFile: '/d/new words' },
  })
})

test('logs in PostgreSQL need a store in PostgreSQL', () => {
  expect(readConfig({ AMBIT_LOG: 'postgres', AMBIT_STORE: 'postgres://ambit@db/ambit' }).logEngine).toBe(
    'postgres',
  )
  expect(() => readConfig({ AMBIT_LOG: 'postgres' })).toThrow('AMBIT_LOG is postgres')
  expect(() => readConfig({ AMBIT_LOG: 'postgres', AMBIT_STORE: 'sqlite:a' })).toThrow(
    'AMBIT_LOG is postgres',
  )
  expect(() => readConfig({ AMBIT_LOG: 'nats' })).toThrow('AMBIT_LOG is not')
})

test('an empty variable is one that is not set', () => {
  const empty = Object.fromEntries(settings.map((setting) => [setting.name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
})

test('reads every setting', () => {
  expect(
    readConfig({
      AMBIT_DATA: '/srv/ambit',
      AMBIT_MASTER_KEY: 'passphrase:/etc/ambit/master.locked',
      AMBIT_MASTER_KEY_NEW: 'command:/usr/bin/kms',
      AMBIT_PASSPHRASE_FILE: '/etc/ambit/words',
      AMBIT_CONTENTS: 'off',
      AMBIT_STORE: 'postgres://ambit@db/ambit',
      AMBIT_HOST: '0.0.0.0, ::,localhost',
      AMBIT_PORT: '0',
      AMBIT_GRPC_PORT: 'off',
      AMBIT_AGENTS_PORT: 'off',
      AMBIT_METRICS_PORT: '9100',
      AMBIT_HOSTS: 'a.example,10.0.0.1, fd00::1',
      AMBIT_ORIGIN: 'https://Ambit.example/',
      AMBIT_TLS_CERT: 'cert.pem',
      AMBIT_TLS_KEY: 'key.pem',
      AMBIT_ALLOW_ADDRESSES: '127.0.0.0/8, ::1',
      AMBIT_SCAN_NETWORKS: '10.0.0.0/16,fd00::7',
      AMBIT_LOG_LEVEL: 'silent',
      AMBIT_APPROVAL_MINUTES: '5',
      AMBIT_APPROVAL_ASKS_MAX: '6',
      AMBIT_APPROVAL_QUICK_MAX: '0',
      AMBIT_HOLD_WAIT_MS: '0',
      AMBIT_UPSTREAM_TIMEOUT_MS: '100',
      AMBIT_PROBE_MINUTES: '0',
      AMBIT_CALLER_ACTS_MAX: '1',
      AMBIT_CALLER_RATE_MAX: '2',
      AMBIT_UPSTREAM_ACTS_MAX: '3',
      AMBIT_UPSTREAM_RATE_MAX: '4',
      AMBIT_AUTHZ_PLACE_HEADER: 'X-Place',
      AMBIT_OBSERVE: 'on',
      AMBIT_OAUTH: 'off',
      AMBIT_CHILD_USER: 'nobody',
      AMBIT_CHILD_MEMORY_MB: '64',
      AMBIT_MCP_TOOLS_LISTED_MAX: '100',
      PATH: '/usr/bin',
      SECRET: 'not for children',
    }),
  ).toEqual({
    dataFolder: '/srv/ambit',
    guardFolder: '/srv/ambit-guard',
    backupFolder: '/srv/ambit-backups',
    masterKey: { kind: 'passphrase', path: '/etc/ambit/master.locked', passphraseFile: '/etc/ambit/words' },
    masterKeyNew: { kind: 'command', program: '/usr/bin/kms', path: '/srv/ambit/keys/master.wrapped' },
    contentsDays: undefined,
    logEngine: 'file',
    logMonths: 0,
    store: 'postgres://ambit@db/ambit',
    addresses: ['0.0.0.0', '::', '127.0.0.1', '::1'],
    port: 0,
    grpcPort: undefined,
    agentsPort: undefined,
    metricsPort: 9100,
    hosts: ['a.example', '10.0.0.1', 'fd00::1', 'ambit.example'],
    origin: 'https://ambit.example',
    tls: { certFile: 'cert.pem', keyFile: 'key.pem' },
    allowAddresses: ['127.0.0.0/8', '::1'],
    scanNetworks: ['10.0.0.0/16', 'fd00::7'],
    logLevel: 'silent',
    approvalMs: 300_000,
    fatigue: { asksMax: 6, quickMax: 0 },
    holdWaitMs: 0,
    upstreamTimeoutMs: 100,
    traffic: { callerActsMax: 1, callerPerSecond: 2, upstreamActsMax: 3, upstreamPerSecond: 4 },
    childUser: 'nobody',
    childMemoryBytes: 64 * 1024 * 1024,
    toolsListedMax: 100,
    oauth: false,
    authzPlaceHeader: 'x-place',
    observe: true,
    requireDomains: false,
    entitiesMax: 1000,
    caKey: { kind: 'store' },
    logKey: undefined,
    foreignListRequired: true,
    probeEveryMs: undefined,
    childEnvironment: { PATH: '/usr/bin' },
  })
})

test.each([
  ['AMBIT_STORE', 'mysql://root:hunter2@db'],
  ['AMBIT_MASTER_KEY', 'master.key'],
  ['AMBIT_MASTER_KEY', 'command:kms'],
  ['AMBIT_MASTER_KEY_NEW', 'passphrase:'],
  ['AMBIT_CONTENTS', 'some'],
  ['AMBIT_CONTENTS_DAYS', '0'],
  ['AMBIT_HOST', 'example.com'],
  ['AMBIT_HOST', ','],
  ['AMBIT_PORT', '70000'],
  ['AMBIT_PORT', '71e2'],
  ['AMBIT_PORT', '-1'],
  ['AMBIT_GRPC_PORT', 'on'],
  ['AMBIT_AGENTS_PORT', '65536'],
  ['AMBIT_METRICS_PORT', 'x'],
  ['AMBIT_HOSTS', 'a.example:7100'],
  ['AMBIT_HOSTS', Array.from({ length: 101 }, (_, at) => `a${at}`).join(',')],
  ['AMBIT_ORIGIN', 'ambit.example'],
  ['AMBIT_ORIGIN', 'https://ambit.example/console'],
  ['AMBIT_ORIGIN', 'https://me:secret@ambit.example'],
  ['AMBIT_ORIGIN', 'javascript:alert(1)'],
  ['AMBIT_CA_KEY', 'pkcs11:token=hsm'],
  ['AMBIT_CA_KEY', 'ca.key'],
  ['AMBIT_LOG_KEY', 'file:/keys/log'],
  ['AMBIT_LOG_KEY', 'pkcs11:token=hsm'],
  ['AMBIT_FOREIGN_CRL', 'off'],
  ['AMBIT_ALLOW_ADDRESSES', '10.0.0.0/33'],
  ['AMBIT_ALLOW_ADDRESSES', 'intranet'],
  ['AMBIT_SCAN_NETWORKS', '0.0.0.0/0'],
  ['AMBIT_SCAN_NETWORKS', '::/7'],
  ['AMBIT_SCAN_NETWORKS', 'intranet'],
  ['AMBIT_LOG_LEVEL', 'loud'],
  ['AMBIT_APPROVAL_MINUTES', '0'],
  ['AMBIT_UPSTREAM_TIMEOUT_MS', '99'],
  ['AMBIT_CALLER_ACTS_MAX', '0'],
  ['AMBIT_CALLER_RATE_MAX', '0'],
  ['AMBIT_UPSTREAM_ACTS_MAX', '16001'],
  ['AMBIT_UPSTREAM_RATE_MAX', '-1'],
  ['AMBIT_CHILD_USER', '65534'],
  ['AMBIT_CHILD_USER', 'no body'],
  ['AMBIT_CHILD_MEMORY_MB', '31'],
  ['AMBIT_PROBE_MINUTES', '1441'],
  ['AMBIT_WITNESS_WAIT_MS', '901'],
  ['AMBIT_WITNESS_REQUIRED', 'yes'],
])('refuses a wrong %s, naming it and not repeating its value', (name, value) => {
  let refused: unknown
  try {
    readConfig({ [name]: value })
  } catch (error) {
    refused = error
  }
  expect(Fault.is(refused, 'config.invalid') && refused.where).toBe(name)
  expect(String(refused)).toContain(name)
  expect(String(refused)).not.toContain('hunter2')
})

test('reads who cosigns the logs, and refuses to require witnesses that nobody named', () => {
  const given = { AMBIT_LOG_POLICY: 'b.policy', AMBIT_WITNESS_WAIT_MS: '300' }
  expect(readConfig({}).witnesses).toBeUndefined()
  expect(readConfig(given).witnesses).toEqual({
    policyFile: resolve('b.policy'),
    waitMs: 300,
    required: false,
  })
  expect(readConfig({ ...given, AMBIT_WITNESS_REQUIRED: 'on' }).witnesses).toMatchObject({ required: true })
  expect(() => readConfig({ AMBIT_WITNESS_REQUIRED: 'on' })).toThrow('AMBIT_LOG_POLICY is missing')
})

test('refuses a certificate without its key', () => {
  expect(() => readConfig({ AMBIT_TLS_CERT: 'cert.pem' })).toThrow('AMBIT_TLS_KEY is missing')
  expect(() => readConfig({ AMBIT_TLS_KEY: 'key.pem' })).toThrow('AMBIT_TLS_CERT is missing')
})

test('every setting has a sentence and stands in the table once', () => {
  expect(new Set(settings.map((setting) => setting.name)).size).toBe(settings.length)
  for (const setting of settings) expect(setting.sentence, setting.name).toMatch(/^[A-Z].*\.$/)
})

test('a bus belongs to nodes that share their logs, and its access is read from the address', () => {
  const shared = { AMBIT_LOG: 'postgres', AMBIT_STORE: 'postgres://ambit@db/ambit' }
  const none = { user: undefined, password: undefined, token: undefined }
  const rest = { credentialsFile: undefined, stream: undefined }
  const bus = (address: string, more: object = {}) =>
    readConfig({ ...shared, AMBIT_BUS: address, ...more }).bus
  expect(readConfig(shared).bus).toBeUndefined()
  expect(bus('nats://one,two:4333')).toEqual({
    servers: ['one:4222', 'two:4333'],
    tls: false,
    ...none,
    ...rest,
  })
  expect(bus('tls://ambit:p%40ss@bus/')).toMatchObject({ tls: true, user: 'ambit', password: 'p@ss' })
  expect(bus('nats://s3cret@bus')).toMatchObject({ servers: ['bus:4222'], token: 's3cret', user: undefined })
  expect(bus('nats://bus', { AMBIT_BUS_CREDENTIALS: '/c', AMBIT_BUS_STREAM: 'ambit-1' })).toMatchObject({
    credentialsFile: '/c',
    stream: 'ambit-1',
  })
  for (const wrong of ['http://bus', 'nats://', 'nats://a b', 'bus:4222'])
    expect(() => bus(wrong), wrong).toThrow('AMBIT_BUS is not')
  expect(() => bus('nats://bus', { AMBIT_BUS_STREAM: 'a.b' })).toThrow('AMBIT_BUS_STREAM is not')
  expect(() => readConfig({ AMBIT_BUS: 'nats://u:hunter2@bus' })).toThrow(/^(?!.*hunter2).*share their logs/)
  expect(() => readConfig({ ...shared, AMBIT_BUS_CREDENTIALS: '/c' })).toThrow('AMBIT_BUS is missing')
})

test('agents get addresses only in a range that an operator can have, and is told why not', () => {
  const prefix = (AMBIT_IPV6_PREFIX: string, AMBIT_HOST = '') =>
    readConfig({ AMBIT_IPV6_PREFIX, AMBIT_HOST }).ipv6Prefix?.text
  expect(readConfig({}).ipv6Prefix).toBeUndefined()
  expect(prefix('2A01:4F8:0:1::/64', '::')).toBe('2a01:4f8:0:1::/64')
  // Good for trying on one machine, and for nothing else.
  expect(prefix('2001:db8:a9e::/64')).toBe('2001:db8:a9e::/64')
  for (const [text, host, why] of [
    ['2001:db8:a9e::/64', '::', 'documentation'],
    ['3fff:1::/48', '192.0.2.1', 'documentation'],
    ['192.0.2.0/24', '', 'IPv4'],
    ['fe80::/64', '', 'link-local'],
    ['ff05::/64', '', 'multicast'],
    ['2a01:4f8::/112', '', 'longer'],
    ['2a01:4f8::1/64', '', 'bits after'],
  ] as const) {
    const refused = faultOf(() => prefix(text, host))
    expect([refused.code, refused.where], text).toEqual(['config.invalid', 'AMBIT_IPV6_PREFIX'])
    expect(refused.detail, text).toContain(why)
  }
})

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
  }
  throw new Error('nothing was refused')
}
