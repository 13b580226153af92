import { startProtectedServer } from '@ambit/testkit/protected-server'
import type { ProtectedServer } from '@ambit/testkit/protected-server'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* Signing in to a server behind the node, in the console: over the page of its authorization server and back. */

describe.skipIf(executable === undefined)('signing in to a server in the console of a node', () => {
  let node: TestNode
  let server: ProtectedServer
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    await prepareConsole()
    server = await startProtectedServer()
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
    await server?.[Symbol.asyncDispose]()
  })

  test('registers a server that wants it, after going there and coming back', async () => {
    await page.getByRole('button', { name: 'Register' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Address' }).fill(server.mcp.url)
    await dialog.getByRole('button', { name: 'Register' }).click()
    const opened = page.context().waitForEvent('page')
    await dialog.getByRole('link', { name: 'Sign in there' }).click()
    const there = await opened
    await there.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(there.url()).toBe(`${node.url}/oauth/callback`)
    await there.close()
    await dialog.getByRole('button', { name: 'Register' }).click()
    await page.getByRole('heading', { name: 'Your sign-in' }).waitFor()
    await page.getByText('You are signed in.').waitFor()
  })

  test('forgets a sign-in, and begins another where an agent sends its person', async () => {
    await page.getByRole('button', { name: 'Forget it' }).click()
    await page.getByText('You are not signed in').waitFor()
    const slug = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await page.goto(`${node.url}/registry/${slug}/sign-in`)
    await page.getByRole('button', { name: 'Sign in there' }).click()
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await page.getByRole('link', { name: 'To the server' }).click()
    await page.getByText('You are signed in.').waitFor()
  })

  test('says in its own words that it did not work', async () => {
    await page.goto(`${node.url}/oauth/callback?state=none&code=x&error_description=%3Cb%3Etheirs`)
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await page.getByText('was used before').waitFor()
    expect(await page.getByText('theirs').count()).toBe(0)
    await page.goto(`${node.url}/oauth/callback`)
    await page.getByText('Begin at the page of the server').waitFor()
    // Leaving for the authorization server is what was asked; nothing else went wrong but the refusals above.
    const others = browser.complaints.filter(
      (complaint) => !complaint.includes(server.authorization.issuer) && !/status of 4\d\d/.test(complaint),
    )
    expect(others).toEqual([])
  })
})
