import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/*
 * The console's service worker in a real browser, under the policy that the node sends: it shows what it is told, as
 * text, and leads nowhere but into the console. The push service of the browser's maker is on the Internet, so the
 * browser is handed the messages.
 */

interface Shown {
  readonly title: string
  readonly body: string
  readonly tag: string
  readonly url: unknown
}

/* Run in the page, whose types these tests do not have. */
const register = `navigator.serviceWorker.register('/push-worker.js')
  .then(() => navigator.serviceWorker.ready).then(() => undefined)`
const notifications = `navigator.serviceWorker.ready
  .then((registration) => registration.getNotifications())
  .then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url })))`

describe.skipIf(executable === undefined)('notifications in a browser', () => {
  let node: TestNode
  let browser: TestBrowser
  let page: Page
  let session: CDPSession
  let registrationId = ''

  beforeAll(async () => {
    await prepareConsole()
    node = await startTestNode()
    browser = await openBrowser(node.url, desk)
    page = browser.page
    await browser.context.grantPermissions(['notifications'], { origin: node.url })
    session = await browser.context.newCDPSession(page)
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      registrationId = registrations.at(-1)?.registrationId ?? registrationId
    })
    await session.send('ServiceWorker.enable')
    await page.goto(`${node.url}/sign-in`)
    await page.evaluate(register)
    await until('the browser knows the worker', () => registrationId !== '')
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
  })

  async function deliver(data: string): Promise<void> {
    await session.send('ServiceWorker.deliverPushMessage', { origin: `${node.url}/`, registrationId, data })
  }

  async function shown(): Promise<readonly Shown[]> {
    return await page.evaluate<readonly Shown[]>(notifications)
  }

  test('shows what it is told as text, the later about one thing instead of the earlier', async () => {
    const first = {
      title: 'Your approval is asked for',
      body: 'An agent asks.',
      url: '/approvals/ap_1',
      tag: 'ap_1',
    }
    await deliver(JSON.stringify(first))
    await until('it is shown', async () => (await shown()).length === 1)
    expect(await shown()).toEqual([
      { title: first.title, body: first.body, tag: 'ap_1', url: '/approvals/ap_1' },
    ])
    const later = { ...first, title: 'No longer waits for you', body: '<img src=x onerror=alert(1)>' }
    await deliver(JSON.stringify(later))
    await until('it is shown', async () => (await shown())[0]?.title === later.title)
    expect(await shown()).toHaveLength(1)
    expect((await shown())[0]?.body).toBe(later.body)
  })

  test('what is no message of a node shows its name alone', async () => {
    for (const data of ['', 'not JSON', '{"title":{},"body":1}', 'null']) await deliver(data)
    await until('it is shown', async () => (await shown()).some(({ tag }) => tag === 'ambit'))
    expect((await shown()).filter(({ tag }) => tag === 'ambit')).toEqual([
      { title: 'Ambit', body: '', tag: 'ambit', url: '/approvals' },
    ])
    expect(browser.complaints).toEqual([])
  })
})
