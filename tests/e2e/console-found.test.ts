import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* Agents that nobody registered, found and drafted in the console of a real node. */

describe.skipIf(executable === undefined)('found agents in the console of a node', () => {
  let node: TestNode
  let shadow: TestMcpServer
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    await prepareConsole()
    ;[node, shadow] = await Promise.all([startTestNode(), startMcpServer()])
    browser = await openBrowser(node.url, desk)
    page = browser.page
    const { person } = await node.ambit.people.me()
    await page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await page.waitForURL('**/registry')
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await shadow?.close()
  })

  test('looks, tells what is not registered, and makes a draft of it', async () => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Found agents' }).click()
    await page.getByText('Nobody has looked since this node started.').waitFor()
    await page.getByLabel('Networks').fill('127.0.0.1')
    await page.getByLabel('Ports').fill(`${shadow.port}, ${node.port}`)
    await page.getByRole('button', { name: 'Look', exact: true }).click()
    await page.getByText('2 of 2 ports tried, 1 open').waitFor()
    const own = page.getByRole('listitem').filter({ hasText: 'This node' })
    await own.waitFor()
    expect(await own.getByRole('button').count()).toBe(0)
    const row = page.getByRole('listitem').filter({ hasText: shadow.url })
    await row.getByText('Not registered').waitFor()
    await row.getByRole('button', { name: 'Make a draft' }).click()
    await row.getByText('Draft made').waitFor()
    await row.getByRole('link').click()
    await page.waitForURL('**/registry/**')
    expect(shadow.calls).toEqual([])
    expect(browser.complaints).toEqual([])
  })

  test('a network that may not be scanned is refused in words', async () => {
    await page.goto(`${node.url}/found`)
    await page.getByRole('listitem').filter({ hasText: shadow.url }).waitFor()
    await page.getByLabel('Networks').fill('10.0.0.0/24')
    await page.getByRole('button', { name: 'Look', exact: true }).click()
    await page.getByRole('alert').getByText('AMBIT_SCAN_NETWORKS').waitFor()
  })

  test('in Chinese on a phone, and for nobody who does not run the node', async () => {
    await using chinese = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    const { person } = await node.ambit.people.me()
    await chinese.page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await chinese.page.waitForURL('**/registry')
    await chinese.page.goto(`${node.url}/found`)
    await chinese.page.getByRole('heading', { name: '发现', level: 1 }).waitFor()
    await chinese.page.getByRole('button', { name: '查找' }).waitFor()
    const added = await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
    const { ambit } = await signInOwner(node.url, added.signInLink)
    const me = await ambit.people.me()
    await using north = await openBrowser(node.url, desk)
    await north.page.goto((await ambit.people.signInLink(me.person.id)).signInLink)
    await north.page.waitForURL('**/registry')
    await north.page.goto(`${node.url}/found`)
    await north.page.getByText('Only those who run this node may look.').waitFor()
    expect(await north.page.getByRole('main').getByRole('button').count()).toBe(0)
  })
})
