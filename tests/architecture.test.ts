import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { imports, violations } from './architecture.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const sources = globSync(['packages/*/src/**/*.{ts,tsx}', '{scripts,tests,bench}/**/*.{ts,mjs}'], {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
}).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(`${root}/${path}`, 'utf8'),
}))

test('the project keeps to the table of who may know whom and to its layout', () => {
  expect(sources.length).toBeGreaterThan(50)
  const found = violations(sources)
  expect(found, found.join('\n')).toEqual([])
})

/** What the rules say of one file with one line. */
function say(path: string, text: string): string {
  return violations([{ path: `packages/${path}`, text }]).join('\n')
}

test('finds every form of import', () => {
  const text = [
    "import { a } from './a.ts'",
    "import type {\n  B,\n  C,\n} from '../b.ts'",
    "import 'side-effect'",
    "export { d } from 'd'",
    "const e = await import('e')",
    "export const f = 'not one'",
  ].join('\n')
  expect(imports(text)).toEqual(['./a.ts', '../b.ts', 'side-effect', 'd', 'e'])
})

test('a domain is entered through its door', () => {
  expect(say('node/src/gateway/judge.ts', "import '../authority/authority.ts'")).toBe('')
  expect(say('node/src/gateway/judge.ts', "import '../authority/chain.ts'")).toContain(
    'packages/node/src/gateway/judge.ts may not import ../authority/chain.ts: the door of authority/',
  )
  expect(say('node/src/authority/chain.ts', "import '../registry/target.ts'")).toBe('')
  expect(say('node/src/authority/chain.ts', "import '../kernel/clock.ts'")).toBe('')
  expect(say('node/src/authority/chain.test.ts', "import '../registry/lifecycle.ts'")).toBe('')
  expect(say('node/src/main.ts', "import './gateway/mcp/mcp.ts'")).toBe('')
  expect(say('node/src/wiring.ts', "import './gateway/judge.ts'")).toBe('')
  expect(say('node/src/http/server.ts', "import '../wiring.ts'")).toContain('composition root')
  expect(say('node/src/http/server.ts', "import '../config.ts'")).toBe('')
})

test('nothing knows what stands above it', () => {
  expect(say('node/src/kernel/ids.ts', "import '../ledger/ledger.ts'")).toContain('stands above it')
  expect(say('node/src/ledger/ledger.ts', "import '../registry/registry.ts'")).toContain('stands above it')
  expect(say('node/src/elsewhere/a.ts', "import '../kernel/ids.ts'")).toContain('stands in no row')
})

test('folders of one row make no circle', () => {
  const found = violations([
    { path: 'packages/node/src/approval/approval.ts', text: "import '../authority/authority.ts'" },
    { path: 'packages/node/src/authority/authority.ts', text: "import '../outbox/outbox.ts'" },
    { path: 'packages/node/src/outbox/outbox.ts', text: "import '../approval/approval.ts'" },
  ])
  expect(found).toHaveLength(1)
  expect(found[0]).toContain('approval → authority → outbox → approval')
})

test('adapters know one protocol, and the path of an act knows none', () => {
  expect(say('node/src/gateway/mcp/mcp.ts', "import '../a2a/a2a.ts'")).toContain('never import one another')
  expect(say('node/src/gateway/judge.ts', "import './mcp/mcp.ts'")).toContain('knows no protocol')
  expect(say('node/src/gateway/mcp/mcp.ts', "import '../judge.ts'")).toContain('door of gateway/')
  expect(say('node/src/gateway/mcp/modern/a.ts', "import '../../egress.ts'")).toBe('')
})

test('engines and servers stay in their folder', () => {
  expect(say('node/src/registry/routes.ts', "import { fastify } from 'fastify'")).toContain('only http/ may')
  expect(say('node/src/http/server.ts', "import { fastify } from 'fastify'")).toBe('')
  expect(say('node/src/vault/vault-store.ts', "import 'node:sqlite'")).toContain('only store/ may')
})

test('core is pure and the sdk knows only core', () => {
  expect(say('core/src/a.ts', "import 'node:crypto'")).toContain(
    'depends on zod, cborg, structured-headers only',
  )
  expect(say('sdk/src/a.ts', "import '@ambit/node/config'")).toContain('depends on @ambit/core only')
  expect(say('cli/src/a.ts', "import '../../node/src/config.ts'")).toContain('by name only')
  expect(say('node/src/registry/a.ts', "import '@ambit/testkit/clock'")).toContain(
    'nothing that knows the node',
  )
})

test('time, chance, environment and SQL each have one place', () => {
  expect(say('node/src/authority/a.ts', 'const at = Date.now()')).toContain('only kernel/clock.ts')
  expect(say('node/src/authority/a.ts', '// Date.now() is elsewhere\nconst a = "setTimeout"')).toBe('')
  expect(say('node/src/http/a.ts', "process.env['A']")).toContain('only config.ts')
  expect(say('node/src/registry/a.ts', "db.selectFrom('record')")).toContain('may not hold SQL')
  expect(say('node/src/registry/record-store.ts', "db.selectFrom('record')")).toBe('')
})

test('names say what a file holds, and files stay short', () => {
  expect(say('core/src/index.ts', '')).toContain('no barrels')
  expect(say('core/src/helpers/a.ts', '')).toContain('says nothing')
  expect(say('core/src/someThing.ts', '')).toContain('kebab-case')
  expect(say('core/src/long.ts', 'x\n'.repeat(401))).toContain('400 at most')
})
