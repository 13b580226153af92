/** A source file of the project: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** One broken rule, in a sentence that names the file and the rule. */
export type Violation = string

/*
 * "Who may know whom" of the house. A folder of packages/node/src stands in one row and may import from its own row
 * (through doors, without circles) and from the rows above it in this list.
 */
const rows: readonly (readonly string[])[] = [
  ['kernel'],
  ['store', 'bus', 'net'],
  ['ruling', 'ledger', 'identity', 'vault', 'signin', 'contents', 'witness', 'replica'],
  ['registry'],
  // prettier-ignore
  ['discovery', 'authority', 'fence', 'approval', 'channel', 'outbox', 'receipt',
    'ca', 'did', 'liveness', 'ownership', 'projection', 'address', 'scan'],
  ['response', 'governance', 'federation', 'monitor', 'decommission'],
  ['gateway', 'http', 'oauth', 'acps', 'ops', 'config'],
]

/** The foundation: any file of these may be imported, because they know no domain. */
const open = new Set(['kernel', 'store', 'bus', 'net'])

/** Files other than the door that a folder offers to others. */
const ports: Readonly<Record<string, string>> = {
  'registry/target.ts': 'the compact form of a record that the path of an act reads',
  'registry/describe.ts': 'the port that the adapters implement',
  'liveness/pulse.ts': 'the port that the adapters implement',
  'gateway/egress.ts': 'the port that the adapters implement',
  'gateway/back.ts': 'how a target turns to its caller, as every adapter passes it on',
  'gateway/authentication.ts':
    'how a request proves the key of its token, as the authorization server reads it',
  'gateway/body.ts': 'how every adapter reads the body of a request',
  'gateway/forwarding-sink.ts': 'what an adapter puts between an act and its caller',
  'gateway/grpc-service.ts': 'a service of gRPC as the one listener takes it',
  'gateway/protobuf-schema.ts': 'how an adapter writes down the messages of a protocol of gRPC',
  'gateway/governing-headers.ts': 'how every adapter reads the headers that govern a message',
  'gateway/retry-after.ts': 'when to try again, as every adapter says it',
  'gateway/planning.ts': 'what an agent means to do, as every adapter hands it in',
  'gateway/stored-outcome.ts': 'what an approved act came to, as every adapter answers it',
}

const adapters = new Set(['a2a', 'mcp', 'authz', 'aip', 'anp', 'openai'])

/** Which folders of the node may import a package that ties them to one engine or server. */
const boundPackages: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http'],
  undici: ['net', 'gateway'],
  pg: ['store'],
  'node:sqlite': ['store'],
  '@grpc/grpc-js': ['gateway'],
  '@bufbuild/protobuf': ['gateway'],
  '@nats-io': ['bus'],
  'oidc-provider': ['oauth'],
}

/** Which packages each workspace may import; `node:` is the runtime's own library. */
const packages: Readonly<Record<string, readonly string[]>> = {
  core: ['zod', 'cborg', 'structured-headers'],
  sdk: ['@ambit/core'],
  cli: ['node:', '@ambit/core', '@ambit/sdk', 'commander'],
}

const nameless = /^(utils?|helpers?|common|manager|service)$/
const linesMax = 400
const timeOrChance =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandom(Bytes|UUID|Int|FillSync|Fill)\b|\bgetRandomValues\b|\bperformance\.now\b|\bprocess\.hrtime\b|\bset(Timeout|Interval)\b/
const sql = /\.(selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql(<[^`]*>)?`/

/** Exceptions, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {
  'name packages/core/src/faults/common.ts': 'the table of the faults that belong to no single domain',
}

/** Everything that these files do and the house does not allow. */
export function violations(files: readonly SourceFile[]): Violation[] {
  return [...new Set([...files.flatMap((file) => fileViolations(file)), ...circles(files)])]
}

function fileViolations(file: SourceFile): Violation[] {
  const found = layoutViolations(file)
  if (isTest(file.path)) return found
  const code = withoutComments(file.text)
  for (const specifier of imports(file.text)) found.push(...importViolations(file.path, specifier))
  const inNode = file.path.startsWith('packages/node/src/')
  if (inNode && file.path !== 'packages/node/src/kernel/clock.ts') {
    const use = timeOrChance.exec(code)
    if (use !== null) {
      found.push(
        `${file.path} may not use ${use[0]}: only kernel/clock.ts knows time and chance (inject Clock)`,
      )
    }
  }
  if (inNode && file.path !== 'packages/node/src/config.ts' && /\bprocess\.env\b/.test(code)) {
    found.push(`${file.path} may not read process.env: only config.ts reads the environment`)
  }
  if (inNode && sql.test(code) && !mayHoldSql(file.path)) {
    found.push(`${file.path} may not hold SQL: it stands in *-store.ts, migrations/ and store/`)
  }
  return found
}

function layoutViolations({ path, text }: SourceFile): Violation[] {
  const found: Violation[] = []
  const parts = path.replace(/(\.test)?\.(ts|tsx|mjs)$/, '').split('/')
  const name = parts.at(-1) ?? ''
  if (name === 'index')
    found.push(`${path} may not be called index: no barrels, import the file that holds it`)
  if (parts.some((part) => nameless.test(part)) && exceptions[`name ${path}`] === undefined) {
    found.push(`${path} has a name that says nothing: name it after what it holds`)
  }
  const component = path.endsWith('.tsx')
  if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name) && !(component && /^[A-Z][A-Za-z0-9]*$/.test(name))) {
    found.push(`${path} is not in kebab-case`)
  }
  const lines = text.trimEnd().split('\n').length
  if (lines > linesMax) found.push(`${path} has ${lines} lines: ${linesMax} at most, cut it at an idea`)
  return found
}

function importViolations(path: string, specifier: string): Violation[] {
  const [, workspace] = /^packages\/([^/]+)\/src\//.exec(path) ?? []
  if (workspace === undefined) return []
  const refuse = (rule: string) => [`${path} may not import ${specifier}: ${rule}`]
  if (specifier.startsWith('.')) {
    const target = resolve(path, specifier)
    if (!target.startsWith(`packages/${workspace}/`)) return refuse('packages know each other by name only')
    return workspace === 'node' ? nodeImport(path, target, refuse) : []
  }
  const allowed = packages[workspace]
  if (allowed !== undefined && !allowed.some((name) => isOf(specifier, name))) {
    return refuse(`packages/${workspace} depends on ${allowed.join(', ')} only`)
  }
  if (workspace !== 'node') return []
  if (specifier.startsWith('@ambit/') && !isOf(specifier, '@ambit/core')) {
    return refuse('the node knows @ambit/core, and nothing that knows the node')
  }
  const folder = folderOf(path)
  for (const [name, folders] of Object.entries(boundPackages)) {
    if (isOf(specifier, name) && !folders.includes(folder))
      return refuse(`only ${folders.join(' and ')}/ may`)
  }
  return []
}

/** An import between two files of the node. */
function nodeImport(path: string, target: string, refuse: (rule: string) => Violation[]): Violation[] {
  const from = folderOf(path)
  const to = folderOf(target)
  // The composition root is the one place that knows all.
  if (from === 'main') return []
  if (from === to) return from === 'gateway' ? adapterImport(path, target, refuse) : []
  if (to === 'main') return refuse('nothing imports the composition root')
  const [lower, upper] = [rowOf(from), rowOf(to)]
  if (lower < 0) return refuse(`${from}/ stands in no row of the table in tests/architecture.ts`)
  if (upper < 0) return refuse(`${to}/ stands in no row of the table in tests/architecture.ts`)
  if (upper > lower) return refuse(`${from}/ may not know ${to}/, which stands above it`)
  const inside = target.slice('packages/node/src/'.length)
  if (open.has(to) || inside === `${to}/${to}.ts` || inside === `${to}.ts` || inside in ports) return []
  return refuse(`the door of ${to}/ is ${to}/${to}.ts`)
}

/** Inside the gateway: adapters know one protocol, and the path of an act knows none. */
function adapterImport(path: string, target: string, refuse: (rule: string) => Violation[]): Violation[] {
  const from = adapterOf(path)
  const to = adapterOf(target)
  if (from === to) return []
  if (to !== undefined) {
    return refuse(
      from === undefined ? 'the path of an act knows no protocol' : 'adapters never import one another',
    )
  }
  const inside = target.slice('packages/node/src/'.length)
  return inside === 'gateway/gateway.ts' || inside in ports
    ? []
    : refuse('the door of gateway/ is gateway/gateway.ts')
}

/** Folders of one row that need each other in a circle. */
function circles(files: readonly SourceFile[]): Violation[] {
  const edges = new Map<string, Map<string, string>>()
  for (const { path, text } of files) {
    if (!path.startsWith('packages/node/src/') || isTest(path)) continue
    const from = folderOf(path)
    for (const specifier of imports(text).filter((each) => each.startsWith('.'))) {
      const target = resolve(path, specifier)
      const to = folderOf(target)
      // Ports hold types that both sides agree on; they tie nobody to the folder's inside.
      if (to === from || from === 'main' || target.slice('packages/node/src/'.length) in ports) continue
      if (rowOf(from) === rowOf(to)) edges.set(from, (edges.get(from) ?? new Map()).set(to, path))
    }
  }
  const found: Violation[] = []
  for (const start of edges.keys()) {
    const circle = pathBack(start, start, edges, [])
    if (circle !== undefined && circle.toSorted()[0] === start) {
      const by = edges.get(start)?.get(circle[1] ?? start)
      found.push(
        `${by} closes a circle: ${[...circle, start].join(' → ')}; folders of one row need no circles`,
      )
    }
  }
  return found
}

function pathBack(
  at: string,
  goal: string,
  edges: ReadonlyMap<string, ReadonlyMap<string, string>>,
  seen: readonly string[],
): string[] | undefined {
  if (seen.includes(at)) return undefined
  const trail = [...seen, at]
  for (const next of edges.get(at)?.keys() ?? []) {
    if (next === goal) return trail
    const found = pathBack(next, goal, edges, trail)
    if (found !== undefined) return found
  }
  return undefined
}

/** Every module a file names in an import, an export from or a dynamic import. */
export function imports(text: string): string[] {
  const form =
    /^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...text.matchAll(form)].map((match) => match[1] ?? match[2] ?? '')
}

function withoutComments(text: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
  return text.replaceAll(tokens, (token) => (token.startsWith('`') ? token : "''"))
}

function resolve(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** `ledger` of packages/node/src/ledger/tree.ts. Files that stand in no folder are the composition root, but for config.ts. */
/** What reads the environment, and its table. */
const settingFiles = new Set(['config.ts', 'settings.ts', 'setting-values.ts'])

function folderOf(path: string): string {
  const part = path.split('/')[3] ?? ''
  if (!part.endsWith('.ts')) return part
  return settingFiles.has(part) ? 'config' : 'main'
}

function adapterOf(path: string): string | undefined {
  const folder = path.split('/')[4] ?? ''
  return adapters.has(folder) ? folder : undefined
}

function rowOf(folder: string): number {
  return rows.findIndex((row) => row.includes(folder))
}

function isOf(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(name.endsWith(':') ? name : `${name}/`)
}

function isTest(path: string): boolean {
  return /(?:\.test\.tsx?|-fixture\.ts)$/.test(path)
}

function mayHoldSql(path: string): boolean {
  return /-store\.ts$|\/migrations\/|^packages\/node\/src\/store\//.test(path)
}
