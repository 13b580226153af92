import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { bringOnline, startTestNode } from '@ambit/testkit/start-node'
import { expect, test } from 'vitest'
import { desk, executable, openBrowser, prepareConsole } from './console-browser.ts'

/* The way through a real browser: its cookies, its policies, and a person who has to sign in first. */

test.skipIf(executable === undefined)(
  'a person signs in, decides, and the browser goes back to the client',
  async () => {
    await prepareConsole()
    const server = await startMcpServer()
    await using node = await startTestNode()
    await bringOnline(node.ambit, { url: server.url }, 'desk')
    // Where the client listens for its answer.
    const listener = createServer((_request, response) => response.end('done'))
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as AddressInfo
    const client = new RawOAuthClient(node.url, `http://127.0.0.1:${port}/callback`)
    await client.register({ client_name: 'Desk <b>client</b>' })
    await using browser = await openBrowser(node.url, desk)
    const { page } = browser
    await page.goto(client.request())
    await page.waitForURL(/\/sign-in\?next=/)
    const { person } = await node.ambit.people.me()
    const { signInLink } = await node.ambit.people.signInLink(person.id)
    const link = new URL(signInLink)
    link.searchParams.set('next', new URL(page.url()).searchParams.get('next') ?? '')
    await page.goto(link.href)
    await page.waitForURL(/\/oauth\/consent\//)
    await page.getByRole('heading', { name: 'Let Desk <b>client</b> act for you?' }).waitFor()
    await page.getByRole('button', { name: 'Let it in' }).click()
    await page.waitForURL(/\/callback\?code=/)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const { status, body } = await client.exchangeCode(code)
    expect(status).toBe(200)
    expect(await client.calls(body['access_token'])).toBe(200)
    await new Promise<void>((resolve) => void listener.close(() => resolve()))
    await server.close()
  },
)
