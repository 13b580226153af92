import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* People and their devices, in the console of a real node. */

describe.skipIf(executable === undefined)('people in the console of a node', () => {
  let node: TestNode
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    await prepareConsole()
    node = await startTestNode()
    browser = await openBrowser(node.url, desk)
    page = browser.page
    const { person } = await node.ambit.people.me()
    await page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await page.waitForURL('**/registry')
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
  })

  test('adds a person, who signs in with their link and sees only what their role allows', async () => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'People' }).click()
    await page.getByRole('button', { name: 'Add a person' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Lin Qiao')
    await dialog.getByRole('checkbox', { name: 'Approver' }).uncheck()
    await dialog.getByRole('checkbox', { name: 'Auditor' }).check()
    await dialog.getByRole('button', { name: 'Add and make a link' }).click()
    const link = (await dialog.getByText(/sign-in\?token=/).textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Lin Qiao' }).getByText('Auditor').waitFor()

    await using other = await openBrowser(node.url, desk)
    await other.page.goto(link)
    await other.page.waitForURL('**/registry')
    expect(await other.page.getByRole('button', { name: 'Register' }).count()).toBe(0)
    await other.page.goto(`${node.url}/people`)
    await other.page.getByText('Only an owner adds people and makes links.').waitFor()
    expect(await other.page.getByRole('main').getByRole('button').count()).toBe(0)

    await page.getByRole('button', { name: 'Change Lin Qiao' }).click()
    await dialog.getByRole('checkbox', { name: 'Auditor' }).uncheck()
    await dialog.getByText('signed out everywhere at once').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Lin Qiao' }).getByText('No access').waitFor()
    await other.page.goto(`${node.url}/receipts`)
    await other.page.waitForURL('**/sign-in?next=**')
  })

  test('signs another device in, once, and signs out with the keyboard', async () => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Sign in another device' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Make a link' }).click()
    const link = (await dialog.getByText(/sign-in\?token=/).textContent()) ?? ''
    await using device = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    await device.page.goto(link)
    await device.page.waitForURL('**/registry')
    await device.page.getByRole('heading', { name: '登记', level: 1 }).waitFor()
    await device.page.getByRole('button', { name: /^已登录/ }).tap()
    await device.page.getByRole('menuitem', { name: '人员' }).tap()
    await device.page.getByRole('button', { name: '添加人员' }).tap()
    await device.page.getByRole('dialog').getByLabel('姓名').waitFor()
    expect(await device.page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)

    // The link worked once; this device is still signed in, and the keyboard gets to all of it.
    await device.page.goto(link)
    await device.page.getByText('这条链接未能让您登录').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Signed in as/ }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/sign-in')
    expect(browser.complaints).toEqual([])
    expect(device.complaints).toEqual([expect.stringContaining('401')])
  })
})
