import { putA2aBehindNode, slug } from './behind-node.ts'
import { startFixture } from './fixture.ts'
import type { Suite, SuiteOptions } from './suite.ts'
import { runTck, tckAbsence, tcks } from './tck.ts'
import type { Tck } from './tck.ts'

interface A2aSuite {
  readonly name: string
  readonly version: string
  readonly tck: Tck
  /** Of 0.3: a folder of its tests. */
  readonly category?: string
  /** Of all its tests, those that fit what pytest takes after `-k`. */
  readonly tests?: string
  /** Switches of the fixture. */
  readonly agent: readonly string[]
}

const suites: readonly A2aSuite[] = [
  { name: 'a2a', version: '1.0', tck: tcks['1.0'], agent: [] },
  {
    // What an agent refuses because its card does not declare it; such tests are skipped on one that declares all.
    name: 'a2a-bare',
    version: '1.0',
    tck: tcks['1.0'],
    tests: 'Capability or StatusCodes or ErrorCode or HttpStatus or CARD',
    agent: ['--no-push', '--no-streaming'],
  },
  {
    name: 'a2a-extension',
    version: '1.0',
    tck: tcks['1.0'],
    tests: 'ExtensionRequired',
    agent: ['--required-extension', 'urn:a2a:tck:required-extension'],
  },
  {
    name: 'a2a-0.3-mandatory',
    version: '0.3',
    tck: tcks['0.3'],
    category: 'mandatory',
    // One of its tests needs an agent without push notifications.
    agent: ['--legacy', '--no-push'],
  },
  {
    name: 'a2a-0.3-capabilities',
    version: '0.3',
    tck: tcks['0.3'],
    category: 'optional/capabilities',
    agent: ['--legacy'],
  },
]

/** The suites of the A2A TCK: it reads the agent's card and calls it over every binding that stands there. */
export const a2aSuites: readonly Suite[] = suites.map((suite) => ({
  name: suite.name,
  version: suite.version,
  patient: true,
  absence: tckAbsence,
  async direct(options) {
    await using peer = await startFixture('conformance-a2a', suite.agent)
    return await run(suite, `${peer.url}${suite.tck.line === '0.3' ? '/a2a/jsonrpc' : ''}`, options)
  },
  async through(options) {
    await using peer = await startFixture('conformance-a2a', suite.agent)
    await using behind = await putA2aBehindNode(peer.url)
    return await run(suite, `${behind.url}${suite.tck.line === '0.3' ? `/a2a/${slug}` : ''}`, options)
  },
}))

async function run({ tck, category, tests }: A2aSuite, url: string, { scenario, short }: SuiteOptions) {
  const selected = scenario ?? tests
  const args = [
    ...(selected === undefined ? [] : ['-k', selected]),
    ...(short && tck.line === '1.0' ? ['-m', 'must'] : []),
    ...(tck.line === '0.3' ? ['--transports', 'jsonrpc,rest,grpc'] : []),
  ]
  return await runTck(tck, url, { args, ...(category === undefined ? {} : { category }) })
}
