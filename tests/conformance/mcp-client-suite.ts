import { runMcpClient } from './mcp-runner.ts'
import type { RunnerVersion } from './mcp-runner.ts'
import type { Results, TestResult } from './results.ts'
import type { Suite, SuiteOptions } from './suite.ts'

interface Group {
  readonly runner: RunnerVersion
  /** The runner of 0.1 knows one revision only and takes no other. Undefined: extensions, which belong to none. */
  readonly version: '2025-03-26' | '2025-11-25' | '2026-07-28' | undefined
  readonly scenarios: readonly string[]
}

/** Scenarios of signing in that every revision of these has. */
const signIn = [
  'metadata-default',
  'metadata-var1',
  'metadata-var2',
  'metadata-var3',
  'basic-cimd',
  'scope-from-www-authenticate',
  'scope-from-scopes-supported',
  'scope-omitted-when-undefined',
  'scope-step-up',
  'scope-retry-limit',
  'token-endpoint-auth-basic',
  'token-endpoint-auth-post',
  'token-endpoint-auth-none',
  'pre-registration',
].map((name) => `auth/${name}`)

const signInModern = [
  'resource-mismatch',
  'offline-access-scope',
  'offline-access-not-supported',
  'authorization-server-migration',
  'iss-supported',
  'iss-not-advertised',
  'iss-supported-missing',
  'iss-wrong-issuer',
  'iss-unexpected',
  'iss-normalized',
  'metadata-issuer-mismatch',
].map((name) => `auth/${name}`)

const ownSignIn = ['auth/client-credentials-jwt', 'auth/client-credentials-basic']

/**
 * The scenarios that have a client here. `auth/dpop`, `auth/dpop-nonce` and `auth/wif-jwt-bearer` (drafts) have none, nor
 * has `auth/2025-03-26-oauth-endpoint-fallback`, which signs in without any metadata.
 */
const groups: readonly Group[] = [
  {
    runner: '0.1',
    version: '2025-11-25',
    scenarios: [
      'initialize',
      'tools_call',
      'elicitation-sep1034-client-defaults',
      'sse-retry',
      ...signIn,
      'auth/resource-mismatch',
      'auth/offline-access-scope',
      'auth/offline-access-not-supported',
      ...ownSignIn,
      'auth/cross-app-access-complete-flow',
    ],
  },
  {
    runner: '0.2',
    version: undefined,
    scenarios: [...ownSignIn, 'auth/enterprise-managed-authorization'],
  },
  { runner: '0.2', version: '2025-03-26', scenarios: ['auth/2025-03-26-oauth-metadata-backcompat'] },
  {
    runner: '0.2',
    version: '2025-11-25',
    scenarios: [
      'initialize',
      'tools_call',
      'elicitation-sep1034-client-defaults',
      'sse-retry',
      'json-schema-2020-12-preservation',
      ...signIn,
    ],
  },
  {
    runner: '0.2',
    version: '2026-07-28',
    scenarios: [
      'tools_call',
      'request-metadata',
      'http-standard-headers',
      'http-custom-headers',
      'http-invalid-tool-headers',
      'json-schema-ref-no-deref',
      'json-schema-2020-12-preservation',
      'sep-2322-client-request-state',
      ...signIn,
      ...signInModern,
    ],
  },
]

/** What is noted of a client here and asked of none. */
const asides: ReadonlySet<string> = new Set([
  // A client that does as it should lets nobody in, and ends with an error.
  ...[
    'scope-retry-limit',
    'resource-mismatch',
    'iss-supported-missing',
    'iss-wrong-issuer',
    'iss-unexpected',
    'iss-normalized',
    'metadata-issuer-mismatch',
  ].map((name) => `auth/${name}/the client ends well`),
  // The node sees that the metadata is about another server, and asks the authorization server named in it nothing.
  'auth/resource-mismatch/authorization-server-metadata:AuthorizationServerMetadata',
])

/**
 * The suites in which the runner is the server. By itself: the official client calls it. Through the node: the same
 * client calls a node that has the runner registered, so that the requests the runner judges are those of our client,
 * the ones made to describe the server included.
 */
export const mcpClientSuite: Suite = {
  name: 'mcp-client',
  version: '2025-11-25 and 2026-07-28',
  patient: true,
  direct: async (options) => await runAll('direct', options),
  through: async (options) => await runAll('through', options),
}

async function runAll(way: 'direct' | 'through', { scenario: only }: SuiteOptions): Promise<Results> {
  const all = new Map<string, TestResult>()
  for (const { runner, version, scenarios } of groups) {
    for (const scenario of scenarios.filter((name) => only === undefined || name === only)) {
      const results = await runMcpClient(runner, scenario, version, way)
      for (const [test, result] of results)
        if (!asides.has(test)) all.set(`${runner} ${version ?? 'extension'} ${test}`, result)
    }
  }
  return all
}
