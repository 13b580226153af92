import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* The page on which a client is let in: what a person ticks there is the mandate that the client then works inside. */

/** Keeps in `firstDisabled` whether the button that lets in was off when it was first drawn. */
const watchFirst = `
  new MutationObserver((_changes, observer) => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Let it in')
    if (button === undefined) return
    globalThis.firstDisabled = button.disabled
    observer.disconnect()
  }).observe(document, { subtree: true, childList: true })
`

describe.skipIf(executable === undefined)('letting a client in, in the console of a node', () => {
  let node: TestNode
  let servers: TestMcpServer[]
  let listener: Server
  let callback: string
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    await prepareConsole()
    servers = await Promise.all([startMcpServer(), startMcpServer()])
    node = await startTestNode()
    await bringOnline(node.ambit, { url: servers[0]!.url }, 'desk')
    await bringOnline(node.ambit, { url: servers[1]!.url }, 'spare')
    // Where the client listens for its answer.
    listener = createServer((_request, response) => response.end('done'))
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    callback = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`
    browser = await openBrowser(node.url, desk)
    page = browser.page
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await new Promise<void>((resolve) => void listener?.close(() => resolve()))
    await Promise.all((servers ?? []).map(async (server) => await server.close()))
  })

  async function begin(name: string, members = {}): Promise<{ client: RawOAuthClient; address: string }> {
    const client = new RawOAuthClient(node.url, callback)
    await client.register({ client_name: name })
    return { client, address: client.request(members) }
  }

  async function ownLink(): Promise<string> {
    const { person } = await node.ambit.people.me()
    return (await node.ambit.people.signInLink(person.id)).signInLink
  }

  test('goes on by itself once the person signed in in another tab, and lets in what they ticked', async () => {
    const { client, address } = await begin('Desk <b>client</b>', { resource: `${node.url}/mcp/desk` })
    await page.goto(address)
    await page.waitForURL(/\/sign-in\?next=/)
    const other = await browser.newPage()
    await other.goto(await ownLink())
    await other.waitForURL('**/registry')
    await other.close()
    await page.waitForURL(/\/oauth\/consent\//)
    await page.getByRole('heading', { name: 'Let Desk <b>client</b> act for you?' }).waitFor()
    await page.getByText('Its own word').waitFor()
    await page.getByText(`a program on this computer (${new URL(callback).host})`).waitFor()

    // What is mild and was asked for is ticked; what is grave, or was not asked for, is not.
    const sum = page.getByRole('region', { name: 'What you are about to allow' })
    expect(await page.getByRole('checkbox', { name: 'add', exact: true }).isChecked()).toBe(true)
    expect(await page.getByRole('checkbox', { name: /^echo/ }).isChecked()).toBe(false)
    await sum.getByText(/may change things with .Fixture. \(1 tool\)/).waitFor()

    // A form that is not right is said to be so, and nothing was decided by it.
    await page.getByLabel('What is it for?').fill(' ')
    await page.getByLabel('Calls altogether').fill('none')
    await page.getByRole('button', { name: 'Let it in' }).click()
    await page.getByText('Say what it is for.').first().waitFor()
    await page.getByLabel('What is it for?').fill('Sort my desk')
    await page.getByLabel('Calls altogether').fill('2')
    await page.getByRole('textbox', { name: 'Amount' }).fill('12.50')
    await page.getByRole('textbox', { name: 'Currency' }).fill('eur')
    await page.getByRole('checkbox', { name: 'Changes things: all of Fixture' }).uncheck()
    await sum.getByText('Nothing is ticked yet.').waitFor()
    await page.getByRole('checkbox', { name: /^echo/ }).check()
    await page.getByLabel('Who decides about echo').selectOption('on its own')
    await page.getByRole('radio', { name: '7 days' }).check()
    await sum.getByText(/may send data out with .Fixture. \(1 tool\)/).waitFor()
    await sum.getByText('At most 2 calls and €12.50.').waitFor()
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('401')])

    await page.getByRole('button', { name: 'Let it in' }).click()
    await page.waitForURL(/\/callback\?code=/)
    const { body } = await client.exchangeCode(new URL(page.url()).searchParams.get('code') ?? '')
    expect(await client.calls(body['access_token'])).toBe(200)
    const [view] = (await node.ambit.mandates.list()).mandates
    expect(view?.signed.body).toMatchObject({
      purpose: 'Sort my desk',
      allow: [{ target: 'desk', capability: 'echo', decision: 'autonomous' }],
      limits: { calls: 2, money: { EUR: 1250 } },
    })
    const lastsMs = Date.parse(view!.signed.body.expires) - Date.parse(view!.signed.body.notBefore)
    expect(lastsMs / 86_400_000).toBeCloseTo(7, 2)

    await endsOnItsPage(client, body['access_token'], view!.id)
  })

  /** The list of programs says what it may do, and ends it. */
  async function endsOnItsPage(client: RawOAuthClient, token: unknown, mandate: string): Promise<void> {
    await page.goto(`${node.url}/registry`)
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Connected programs' }).click()
    const row = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Desk <b>client</b>' })
    await row.getByText('What it may do').click()
    await row.getByText('on its own').waitFor()
    await row.getByRole('button', { name: /^End access of/ }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('checkbox', { name: /revoke its mandate/ }).isChecked()).toBe(true)
    await dialog.getByRole('button', { name: 'End access' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('You have let no program in yet.').waitFor()
    expect(await client.calls(token)).toBe(401)
    expect((await node.ambit.mandates.get(mandate)).state).toBe('revoked')
  }

  test('refuses as easily as it allows, on a phone and in Chinese', async () => {
    const { client, address } = await begin('手机助手')
    await using other = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    await other.page.goto(await ownLink())
    await other.page.waitForURL('**/registry')
    await other.page.goto(address)
    const refuse = other.page.getByRole('button', { name: '拒绝' })
    const give = other.page.getByRole('button', { name: '允许接入' })
    const [no, yes] = await Promise.all([refuse.boundingBox(), give.boundingBox()])
    expect([no?.width, no?.height, no?.y]).toEqual([yes?.width, yes?.height, yes?.y])
    expect(no?.height).toBeGreaterThanOrEqual(48)
    expect(await other.page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)
    expect(other.complaints).toEqual([])
    await refuse.tap()
    await other.page.waitForURL(/\/callback\?error=access_denied/)
    expect((await node.ambit.connections.list()).map((each) => each.client.id)).not.toContain(client.id)
  })

  test('shows a wish with its bounds, and what of it this node does not have', async () => {
    const wish = [
      {
        type: 'ambit_mandate',
        identifier: 'desk',
        actions: ['echo'],
        arguments: { text: { prefix: 'inv' } },
      },
      { type: 'ambit_mandate', identifier: 'travel', actions: ['book'] },
    ].map((detail) => ({ ...detail, limits: { calls: 20 } }))
    const { address } = await begin('Wishful', { authorization_details: JSON.stringify(wish) })
    // A click that was meant for what stood there before lets nobody in: the button cannot be pressed as it appears.
    await page.addInitScript(watchFirst)
    await page.goto(address)
    await page.getByText('only where text begins with "inv"').waitFor()
    await page.getByText('It also asked for what this node does not have: travel (book)').waitFor()
    expect(await page.getByLabel('Calls altogether').inputValue()).toBe('20')
    expect(await page.evaluate('firstDisabled')).toBe(true)
    await expect.poll(() => page.getByRole('button', { name: 'Let it in' }).isEnabled()).toBe(true)
    const decided = new URL(page.url())

    // The request belongs to whoever saw it first, and one that is decided is over.
    const ann = await node.ambit.people.add({ name: 'Ann', roles: ['operator'] })
    await using other = await openBrowser(node.url, desk)
    await other.page.goto(ann.signInLink)
    await other.page.waitForURL('**/registry')
    await other.page.goto(decided.href)
    await other.page.getByText('Another person, or another browser, began this request').waitFor()
    expect(await other.page.getByRole('button', { name: 'Let it in' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.waitForURL(/error=access_denied/)
    await page.goto(decided.href)
    await page.getByText('This request to let a client in is not there any more').waitFor()
  })
})
