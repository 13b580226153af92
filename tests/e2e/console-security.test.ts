import { connectAmbit } from '@ambit/sdk/client'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* A person's own access in the console of a real node, with a passkey of the browser's own. The tests follow one another. */

describe.skipIf(executable === undefined)('security in the console of a node', () => {
  let node: TestNode
  let browser: TestBrowser
  let page: Page
  let setVerified: (isUserVerified: boolean) => Promise<unknown>

  beforeAll(async () => {
    await prepareConsole()
    node = await startTestNode()
    browser = await openBrowser(node.url, desk)
    page = browser.page
    const devtools = await browser.context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    })
    setVerified = async (isUserVerified) =>
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    await page.goto((await ownLink()).href)
    await page.waitForURL('**/registry')
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
  })

  async function ownLink(): Promise<URL> {
    const { person } = await node.ambit.people.me()
    return new URL((await node.ambit.people.signInLink(person.id)).signInLink)
  }

  async function choose(item: string): Promise<void> {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  test('adds a passkey, signs in with it, and comes back to where one wanted to go', async () => {
    await choose('Security')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Laptop')

    // A device that does not vouch for its person makes none, and that is said.
    await setVerified(false)
    await dialog.getByRole('button', { name: 'Add a passkey' }).click()
    await dialog.getByText('Your device did not go on').waitFor()
    expect(await node.ambit.passkeys.list()).toEqual([])
    await setVerified(true)
    await dialog.getByRole('button', { name: 'Add a passkey' }).click()
    await dialog.waitFor({ state: 'detached' })
    const row = page.getByRole('listitem').filter({ hasText: 'Laptop' })
    await row.getByText('not used yet').waitFor()

    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await dialog.getByLabel('Name').fill('Again')
    await dialog.getByRole('button', { name: 'Add a passkey' }).click()
    await dialog.getByText('This device has a passkey here already').waitFor()
    await page.keyboard.press('Escape')

    await choose('Sign out')
    await page.waitForURL('**/sign-in')
    await page.goto(`${node.url}/security`)
    await page.waitForURL('**/sign-in?next=**')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL('**/security')
    await page.getByRole('listitem').filter({ hasText: 'Laptop' }).getByText('last used').waitFor()
    // The browser would have us take RSA keys too; being signed out is what the router finds out.
    const others = browser.complaints.splice(0).filter((each) => !each.includes('pubKeyCredParams'))
    expect(others).toEqual([expect.stringContaining('401')])
  })

  test('renames a passkey, and removes the last one with a warning', async () => {
    await page.getByRole('button', { name: 'Rename Laptop' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Old laptop')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove Old laptop' }).click()
    await dialog.getByText('It is your last one').waitFor()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No passkey yet.').waitFor()
    expect(await node.ambit.passkeys.list()).toEqual([])
    expect(browser.complaints).toEqual([])
  })

  test('a token works until it is revoked', async () => {
    await page.getByRole('button', { name: 'Make a token' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Nightly report')
    await dialog.getByRole('button', { name: 'Make it' }).click()
    const token = (await dialog.getByText(/^amba_/).textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Close' }).click()
    const program = connectAmbit({ url: node.url, token })
    expect((await program.people.me()).by).toBe('token')
    await page.getByRole('button', { name: 'Revoke Nightly report' }).click()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('No token.').waitFor()
    await expect(program.people.me()).rejects.toMatchObject({ code: 'auth.unknown-token' })
  })

  test('a program is told by webhook, of what and when the person wishes', async () => {
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Notifications' }) })
    await section.getByText('You are told nowhere yet.').waitFor()
    await section.getByRole('button', { name: 'Tell a program' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Chat room')
    await dialog.getByLabel('Address').fill('https://127.0.0.1:9/hook')
    await dialog.getByRole('button', { name: 'Tell a program' }).click()
    await dialog.getByText(/^whsec_/).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await section
      .getByRole('listitem')
      .filter({ hasText: 'Chat room' })
      .getByText('nothing sent yet')
      .waitFor()
    await section.getByRole('checkbox', { name: 'Anything done in my name' }).check()
    await section.getByRole('checkbox', { name: /^Quiet hours/ }).check()
    await section.getByLabel('From').fill('21:30')
    await section.getByRole('button', { name: 'Save' }).click()
    await section.getByText('Saved.').waitFor()
    await page.reload()
    expect(await section.getByLabel('From').inputValue()).toBe('21:30')
    expect(await section.getByRole('checkbox', { name: 'Anything done in my name' }).isChecked()).toBe(true)
    await section.getByRole('button', { name: 'Remove Chat room' }).click()
    await section.getByText('You are told nowhere yet.').waitFor()
    expect(browser.complaints).toEqual([])
  })

  test('ends a session on another device, and then all others', async () => {
    await using other = await openBrowser(node.url, phone)
    await other.page.goto((await ownLink()).href)
    await other.page.waitForURL('**/registry')
    await page.reload()
    const rows = page.getByRole('listitem').filter({ hasText: 'Console in a browser' })
    const ending = rows.filter({ hasNotText: 'This one' })
    await ending.getByRole('button').click()
    await ending.waitFor({ state: 'detached' })
    await other.page.goto(`${node.url}/receipts`)
    await other.page.waitForURL('**/sign-in?next=**')

    await node.ambit.people.me()
    await page.getByRole('button', { name: 'End all others' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click()
    await page.getByText('One session ended.').waitFor()
    await expect(node.ambit.people.me()).rejects.toMatchObject({ code: 'auth.unknown-token' })
    expect(await page.getByRole('listitem').filter({ hasText: 'This one' }).count()).toBe(1)
    expect(browser.complaints).toEqual([])
  })
})
