import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { fixtureCommand } from '@ambit/testkit/mcp-everything'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phoneSize, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/*
 * The closed loop as a person goes through it: a real node, real agents, the official MCP client, and the console in
 * one browser session, on a desk in English and on a phone in Chinese. The tests follow one another.
 */

/** What a client reads of a tool that may not be called now, as an error or as a result. */
const refused = /no such tool under this mandate|Refused by Ambit/

/** The text of an answer, whichever way it came. */
async function said(answer: Promise<unknown> | undefined): Promise<string> {
  try {
    return JSON.stringify(await answer)
  } catch (error) {
    return String(error)
  }
}

/** How long a call under way may need to show up. */
const underWayMs = 5000

describe.skipIf(executable === undefined)('the console of a node', () => {
  let node: TestNode
  let tools: TestMcpServer
  let agent: A2aAgent
  let browser: TestBrowser
  let page: Page
  let client: Client | undefined
  /** Addresses that the client was told to open. */
  const addresses: string[] = []
  let approved = (): void => undefined

  beforeAll(async () => {
    await prepareConsole()
    ;[node, tools, agent] = await Promise.all([startTestNode(), startMcpServer(), startA2aAgent()])
    browser = await openBrowser(node.url, desk)
    page = browser.page
  })

  afterAll(async () => {
    await client?.close()
    await browser?.[Symbol.asyncDispose]()
    await Promise.all([node?.[Symbol.asyncDispose](), tools?.close(), agent?.close()])
  })

  /** Opens the dialog of a step, says yes, and waits until it is closed. */
  async function take(step: string): Promise<void> {
    await page.getByRole('button', { name: step, exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: step, exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  async function register(): Promise<ReturnType<Page['getByRole']>> {
    await page.goto(`${node.url}/registry`)
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    return page.getByRole('dialog')
  }

  test('signs the owner in with a link', async () => {
    const { person } = await node.ambit.people.me()
    const { signInLink } = await node.ambit.people.signInLink(person.id)
    await page.goto(signInLink)
    await page.waitForURL('**/registry')
    await page.getByText('Nothing is registered yet.').waitFor()
  })

  test('registers a server by its address and takes it to a certified service', async () => {
    const dialog = await register()
    await dialog.getByLabel('Address', { exact: true }).fill(tools.url)
    await dialog.getByText('Name and credential').click()
    await dialog.getByLabel('Name in this registry').fill('fixture')
    await dialog.getByRole('button', { name: 'Register' }).click()
    await page.waitForURL('**/registry/fixture')
    await page.getByRole('heading', { name: 'Fixture', level: 1 }).waitFor()

    await page.getByRole('button', { name: 'Review: Add', exact: true }).click()
    const review = page.getByRole('dialog')
    await review.getByLabel('What it does').selectOption('Reads')
    await review.getByRole('button', { name: 'Accept' }).click()
    await review.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Accept all/ }).click()
    await expect.poll(() => page.getByRole('button', { name: /^Review/ }).count()).toBe(0)

    await take('Submit')
    await take('Activate')
    await page.getByRole('button', { name: 'Suspend' }).waitFor()
    await page.getByRole('button', { name: 'Run the checks' }).click()
    await page.getByText('Valid until').waitFor()
    const checks = await page.getByText(/^\d+ of \d+ checks passed$/).textContent()
    expect(checks).toMatch(/^(\d+) of \1 /)
    const { certificate, capabilities } = await node.ambit.records.get('fixture')
    expect(certificate).toBeDefined()
    expect(capabilities.find((each) => each.id === 'add')).toMatchObject({
      accepted: true,
      profile: { effect: 'read' },
    })
  })

  test('registers an agent by its card and a server by its command', async () => {
    const dialog = await register()
    await dialog.getByLabel('Address', { exact: true }).fill(agent.cardUrl)
    await dialog.getByRole('button', { name: 'Register' }).click()
    await page.getByRole('heading', { name: 'Echo', level: 1 }).waitFor()
    await page.getByText('A2A 1.0').first().waitFor()

    const again = await register()
    await again.getByRole('radio', { name: 'By command' }).check()
    await again.getByLabel('Command', { exact: true }).fill('node "not closed')
    await again.getByRole('button', { name: 'Register' }).click()
    await again.getByText('A quotation mark is not closed.').waitFor()
    const line = [fixtureCommand.program, ...fixtureCommand.args].map((word) => `"${word}"`).join(' ')
    await again.getByLabel('Command', { exact: true }).fill(line)
    await again.getByLabel('Environment').fill('COLOUR=blue')
    await again.getByLabel('Name in this registry').fill('by-command')
    await again.getByRole('button', { name: 'Register' }).click()
    await page.waitForURL('**/registry/by-command')
    await page.getByRole('button', { name: 'Submit' }).waitFor()

    await page.goto(`${node.url}/registry`)
    await expect.poll(() => page.getByRole('main').getByRole('listitem').count()).toBe(3)
    const refused = await register()
    await refused.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:1/mcp')
    await refused.getByRole('button', { name: 'Register' }).click()
    await refused.getByRole('alert').waitFor()
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('502')])
  })

  test('gives a mandate, and what it shows connects the official client', async () => {
    await page.goto(`${node.url}/mandates`)
    await page.getByRole('link', { name: 'New mandate' }).click()
    await page.getByLabel('What is it for?').fill('Add up the invoices of May')
    await page.getByText('Fixture', { exact: true }).click()
    for (const [tool, decision] of [
      ['echo', 'on its own'],
      ['slow', 'on its own'],
      ['Add', 'asks each time'],
    ] as const) {
      await page.getByRole('checkbox', { name: new RegExp(`^${tool} `) }).check()
      await page.getByLabel(`Who decides about ${tool}`, { exact: true }).selectOption(decision)
    }
    await page.getByLabel('Calls altogether').fill('50')
    await page.getByRole('button', { name: 'Sign and create' }).click()
    await page.getByRole('heading', { name: 'Add up the invoices of May' }).waitFor()
    await page.getByRole('button', { name: 'Make a token' }).click()
    const config = JSON.parse((await page.locator('pre').textContent()) ?? '') as {
      mcpServers: Record<string, { url: string; headers: Record<string, string> }>
    }
    const [server] = Object.values(config.mcpServers)
    client = await connect(server?.url ?? '', server?.headers ?? {})
    const { tools: seen } = await client.listTools()
    expect(seen.map((tool) => tool.name).sort()).toEqual(['add', 'ambit_plan', 'echo', 'slow'])
    const echo = await client.callTool({ name: 'echo', arguments: { text: 'hello' } })
    expect(echo.content).toEqual([{ type: 'text', text: 'hello' }])
    await page.getByRole('button', { name: 'I have pasted it' }).click()
    await expect.poll(() => page.getByRole('main').textContent()).toMatch(/MCP client/)
  })

  async function connect(url: string, headers: Record<string, string>): Promise<Client> {
    const connecting = new Client(
      { name: 'accounting', version: '1.0.0' },
      { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
    )
    connecting.setRequestHandler('elicitation/create', async ({ params }) => {
      const decided = new Promise<void>((resolve) => {
        approved = resolve
      })
      if (params.mode === 'url') addresses.push(params.url)
      await decided
      return { action: 'accept' }
    })
    await connecting.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
    return connecting
  }

  test('a request appears live on a phone, in Chinese, and its answer reaches the client once approved', async () => {
    const phone = await browser.newPage()
    await phone.setViewportSize(phoneSize)
    await phone.goto(`${node.url}/approvals`)
    await phone.getByRole('button', { name: '简体中文' }).click()
    await phone.getByText('实时', { exact: true }).waitFor()
    await expect.poll(() => phone.getByRole('article').count()).toBe(0)

    const answer = client?.callTool({ name: 'add', arguments: { a: 19, b: 23 } })
    const card = phone.getByRole('article')
    await card.waitFor()
    expect(await card.textContent()).toMatch(/19.*23/)
    expect(await card.textContent()).toContain('Add up the invoices of May')
    expect(await phone.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(
      phoneSize.width,
    )
    expect(tools.calls.filter((call) => call.tool === 'add')).toEqual([])
    const button = card.getByRole('button', { name: '批准', exact: true })
    expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(48)
    await button.click()
    await card.getByText('已批准并执行').waitFor()
    approved()
    expect((await answer)?.structuredContent).toEqual({ sum: 42 })
    expect(tools.calls.filter((call) => call.tool === 'add')).toHaveLength(1)

    // What the client was told to open is the page of this very card.
    expect(addresses).toHaveLength(1)
    await phone.goto(addresses[0] ?? '')
    await phone.getByText('已批准并执行').waitFor()

    await phone.getByRole('link', { name: '凭据', exact: true }).first().click()
    await phone.getByText('凭据有效').waitFor()
    await phone.close()
  })

  test('a receipt is verified in the browser under the published key of the log', async () => {
    await page.goto(`${node.url}/receipts`)
    await page.getByRole('button', { name: 'English' }).click()
    const row = page.getByRole('main').getByRole('listitem').filter({ hasText: 'add' }).first()
    await row.getByText('Completed').waitFor()
    await row.getByRole('link').click()
    await page.getByText('This receipt holds').waitFor()
    await page.getByText('The key is the one this node publishes.').waitFor()
    const { ledgers } = await node.ambit.status()
    const origins = ledgers.map((ledger) => ledger.origin)
    const signature = (await page.getByText(/signed a tree of/).textContent()) ?? ''
    expect(origins.some((origin) => signature.includes(origin))).toBe(true)
    await page.getByRole('heading', { name: 'How it ended' }).waitFor()
  })

  test('a denied request never reaches the tool', async () => {
    await page.goto(`${node.url}/approvals`)
    await page.getByText('Live', { exact: true }).waitFor()
    const answer = said(client?.callTool({ name: 'add', arguments: { a: 1, b: 1 } }))
    const card = page.getByRole('article')
    await card.getByRole('button', { name: 'Deny', exact: true }).click()
    await card.getByText('Denied', { exact: true }).waitFor()
    approved()
    expect(await answer).toMatch(/denied/)
    // The log holds only that somebody was asked and said no; the list takes the words from the card.
    await page.goto(`${node.url}/receipts`)
    const row = page.getByRole('main').getByRole('listitem').first()
    await row.getByText('Asked', { exact: true }).waitFor()
    expect(await row.textContent()).toMatch(/add.*Fixture/i)
    await row.getByRole('link').click()
    await page.getByText('This receipt holds').waitFor()
    expect(tools.calls.filter((call) => call.tool === 'add')).toHaveLength(1)
  })

  test('recalls from the page of the agent while a call is under way, and reinstates', async () => {
    const call = said(client?.callTool({ name: 'slow', arguments: { steps: 1000, ms: 50 } }))
    await expect.poll(async () => (await node.ambit.status()).inFlight, { timeout: underWayMs }).toBe(1)
    await page.goto(`${node.url}/registry/fixture`)
    await page.getByRole('button', { name: 'Recall', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Why').fill('It adds wrongly.')
    await dialog.getByRole('button', { name: 'Recall now' }).click()
    await dialog.getByText(/^Recalled. One call was stopped, in \d+ ms\.$/).waitFor()
    expect(await call).toContain('recalled')
    await expect.poll(() => tools.calls.find((each) => each.tool === 'slow')?.cancelled).toBe(true)
    expect(await said(client?.callTool({ name: 'echo', arguments: { text: 'x' } }))).toMatch(refused)

    await dialog.getByRole('link').click()
    await page.getByText('This receipt holds').waitFor()
    await page.getByText('Stopped', { exact: true }).waitFor()

    await page.goto(`${node.url}/registry/fixture`)
    await page.getByText('It adds wrongly.').waitFor()
    await take('Reinstate')
    await page.getByRole('button', { name: 'Suspend' }).waitFor()
    const echo = await client?.callTool({ name: 'echo', arguments: { text: 'back' } })
    expect(echo?.content).toEqual([{ type: 'text', text: 'back' }])
  })

  test('holds a definition that changed, shows the difference, and accepts it', async () => {
    tools.describe('echo', 'Says the text again, and sends it to collect.example')
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('It answers, and one thing has changed.').waitFor()
    await page.getByText('sends it to collect.example').first().waitFor()
    expect(await said(client?.callTool({ name: 'echo', arguments: { text: 'x' } }))).toMatch(refused)
    await page.getByRole('button', { name: 'Accept the change' }).click()
    await page.getByRole('heading', { name: 'Held changes' }).waitFor({ state: 'detached' })
    const echo = await client?.callTool({ name: 'echo', arguments: { text: 'again' } })
    expect(echo?.content).toEqual([{ type: 'text', text: 'again' }])
  })

  test('never complained', () => {
    expect(browser.complaints).toEqual([])
  })
})
