import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* The organisations of a node, in the console, as the owner who runs it and as the owner of another. */

describe.skipIf(executable === undefined)('organisations in the console of a node', () => {
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

  async function answer(what: string): Promise<void> {
    await page.getByRole('button', { name: `${what} North Harbour` }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: what, exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  test('adds one, whose owner runs nothing but it, closes it and opens it again', async () => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Organisations' }).click()
    await page.getByText('runs this node').waitFor()
    expect(await page.getByRole('button', { name: /^Close/ }).count()).toBe(0)
    await page.getByRole('button', { name: 'Add an organisation' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('North')
    await dialog.getByLabel('Short name').fill('North!')
    await dialog.getByLabel('Name of its first owner').fill('Ada')
    await dialog.getByText('Use small letters, digits and hyphens, beginning').waitFor()
    expect(await dialog.getByRole('button', { name: 'Add and make a link' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Short name').fill('north')
    await dialog.getByRole('button', { name: 'Add and make a link' }).click()
    const link = (await dialog.getByText(/sign-in\?token=/).textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Close' }).click()

    await using other = await openBrowser(node.url, phone)
    await other.page.goto(link)
    await other.page.waitForURL('**/registry')
    await other.page.getByRole('button', { name: /^Signed in as/ }).tap()
    await other.page.getByRole('menuitem', { name: 'Security' }).waitFor()
    expect(await other.page.getByRole('menuitem', { name: 'Organisations' }).count()).toBe(0)
    await other.page.goto(`${node.url}/organizations`)
    await other.page.getByText('Only owners of the organisation that runs this node').waitFor()
    expect(await other.page.getByText('runs this node', { exact: true }).count()).toBe(0)

    await page.getByRole('button', { name: 'Rename North' }).click()
    await dialog.getByLabel('Name').fill('North Harbour')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await answer('Close')
    const row = page.getByRole('listitem').filter({ hasText: 'North Harbour' })
    await row.getByText('closed since').waitFor()
    await other.page.goto(`${node.url}/registry`)
    await other.page.waitForURL('**/sign-in**')
    await page.getByRole('button', { name: 'Open North Harbour again' }).click()
    await dialog.getByRole('button', { name: 'Open again' }).click()
    await row.getByText('Open', { exact: true }).waitFor()
    expect((await node.ambit.organizations.list()).map(({ id, closed }) => [id, closed])).toEqual([
      ['main', undefined],
      ['north', undefined],
    ])
    expect(browser.complaints).toEqual([])
  })
})
