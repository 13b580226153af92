import type { Profile } from '@ambit/core/record'
import type { NewMandate } from '@ambit/sdk/mandates'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { executable, openBrowser, phoneSize, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'
import { addPasskey, answerNothing, authenticator } from './console-passkey.ts'

/*
 * Approvals as a person gives them: a real node, a real server behind it, and the console in a browser. What each
 * answer does is seen at the server, not at the page.
 */

/** How long what was approved may take until it is done and shown. */
const settled = { timeout: 10_000 }

const wide = { viewport: { width: 1440, height: 900 } }

const mail: Profile = {
  effect: 'egress',
  reversibility: 2,
  roles: { to: 'sink', text: 'content' },
  integrity: {},
  dataClasses: ['personal'],
}

interface Answer {
  readonly resultType?: string
  readonly structuredContent?: unknown
  readonly requestState?: string
  readonly _meta?: { 'ambit/held'?: { approval: string } }
}

describe.skipIf(executable === undefined)('approvals in the console of a node', () => {
  let node: TestNode
  let desk: DeskServer
  let browser: TestBrowser
  let page: Page
  let token: string
  /** A recipient that nobody used before. */
  let to: string
  let n = 0

  beforeAll(async () => {
    await prepareConsole()
    ;[node, desk] = await Promise.all([startTestNode(), startDeskServer()])
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await node.ambit.records.accept('desk', { profiles: { send_mail: mail } })
    browser = await openBrowser(node.url, wide)
    const { person } = await node.ambit.people.me()
    await browser.page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await browser.page.waitForURL('**/registry')
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await Promise.all([node?.[Symbol.asyncDispose](), desk?.close()])
  })

  beforeEach(async () => {
    to = `p${n++}@example.com`
    await mandated('ask')
    page = await browser.newPage()
  })

  afterEach(async () => {
    await page.close()
    // What a test left waiting is not of the next one.
    const { approvals } = await node.ambit.approvals.list({ state: 'pending' })
    for (const { id } of approvals) await node.ambit.approvals.deny(id)
    expect(browser.complaints.splice(0)).toEqual([])
  })

  async function mandated(decision: NonNullable<NewMandate['allow'][number]['decision']>): Promise<void> {
    const access = await allow(node.ambit, [{ target: 'desk', capability: 'send_mail', decision }], {
      purpose: 'Answer the mail of the office',
    })
    token = access.token
  }

  async function send(text: string, recipient = to): Promise<Answer> {
    const capabilities = { elicitation: { url: {} } }
    const args = { to: recipient, text }
    const answer = await rawCall(node.port, { token, name: 'send_mail', args, capabilities })
    return answer.json()['result'] as Answer
  }

  async function ask(text: string): Promise<string> {
    return ((await send(text)).requestState ?? '').replace('ambit-approval:', '')
  }

  const sent = () => desk.sent.filter((each) => each.to === to).map((each) => each.text)
  const card = () => page.getByRole('article')
  const button = (name: string) => card().getByRole('button', { name, exact: true })
  const open = async (id: string) => await page.goto(`${node.url}/approvals/${id}`)

  test('says who, to whom, what leaves and whether back; refusing has the focus', async () => {
    await open(await ask('hello\u202e there'))
    await card().waitFor()
    const words = (await card().textContent()) ?? ''
    for (const part of [
      'This sends something to the outside.',
      'Owner',
      `"${to}"`,
      'First time',
      'personal',
      'hello⟨U+202E⟩ there',
      'It cannot be undone, only made up for.',
      'Answer the mail of the office',
    ]) {
      expect(words).toContain(part)
    }
    await expect.poll(() => page.locator(':focus').textContent(), settled).toBe('Deny')
    await button('Deny').click()
    await card().getByText('Denied', { exact: true }).waitFor()
    await card().getByText('Decided by you.').waitFor()
    expect(sent()).toEqual([])
  })

  test('approves nothing by a click or key that comes too soon, or twice', async () => {
    const id = await ask('hello')
    const start = Date.now()
    await page.clock.install({ time: start })
    await page.clock.pauseAt(start + 1000)
    await open(id)
    await expect
      .poll(async () => {
        await page.clock.runFor(5)
        return await card().count()
      }, settled)
      .toBe(1)
    const approve = button('Approve')
    expect(await approve.getAttribute('aria-disabled')).toBe('true')
    await approve.dblclick({ force: true })
    await approve.focus()
    await page.keyboard.press('Enter')
    await page.clock.runFor(600)
    await approve.dispatchEvent('click')
    expect(await approve.getAttribute('aria-disabled')).toBe('true')
    await page.clock.runFor(200)
    expect(await approve.getAttribute('aria-disabled')).toBe('false')
    // The second click of two, the first of which was meant for something else.
    await approve.dispatchEvent('click', { detail: 2 })
    await page.clock.runFor(50)
    expect((await node.ambit.approvals.get(id)).state).toBe('pending')
    await page.clock.resume()
    await approve.click()
    await card().getByText('Approved and done').waitFor()
    expect(sent()).toEqual(['hello'])
  })

  test('changes a value on a phone, with the difference shown, and does that', async () => {
    await page.setViewportSize(phoneSize)
    await open(await ask('Dear all\nsee you on Monday'))
    await button('Change values…').click()
    const field = card().getByLabel('text', { exact: true })
    expect(await field.inputValue()).toBe('Dear all\nsee you on Monday')
    await field.fill('Dear all\nsee you on Friday')
    await card().getByText('One value changed').waitFor()
    const lines = card().getByRole('listitem').filter({ hasText: 'see you on' })
    expect(await lines.allTextContents()).toEqual([
      expect.stringContaining('removed: see you on Monday'),
      expect.stringContaining('added: see you on Friday'),
    ])
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)
    await button('Put these in').click()
    await card().getByText('These are your values now.').waitFor()
    await card().getByText('changed by a person').waitFor()
    await expect.poll(() => page.locator(':focus').textContent(), settled).toBe('Deny')
    expect(sent()).toEqual([])
    await button('Approve').click()
    await card().getByText('It was done.').waitFor()
    expect(sent()).toEqual(['Dear all\nsee you on Friday'])
    await card().getByRole('link', { name: 'Receipt' }).click()
    await page.getByText('This receipt holds').waitFor()
  })

  test('approves later ones too, says which and until when, and ends that again', async () => {
    await open(await ask('one'))
    await button('Later ones too…').click()
    await expect.poll(() => page.locator(':focus').textContent(), settled).toBe('Back')
    const panel = page.getByRole('region', { name: 'Approve this, and later calls like it' })
    const words = (await panel.textContent()) ?? ''
    expect(words).toContain(`to "${to}" the same to the last character`)
    expect(words).toContain('text may be anything')
    await panel.getByRole('radio', { name: '7 days' }).check()
    await button('Approve from now on').click()
    await card().getByText('Approved and done').waitFor()
    expect(await send('two')).toMatchObject({ structuredContent: {} })
    expect((await send('three', 'somebody.else@example.com')).resultType).toBe('input_required')
    expect(sent()).toEqual(['one', 'two'])

    await page.goto(`${node.url}/approvals`)
    await page.getByRole('link', { name: 'Standing approvals' }).click()
    const item = page.getByRole('main').getByRole('listitem').filter({ hasText: to }).first()
    await item.getByRole('button', { name: 'End it' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click()
    await page.getByText('There are none: you are asked each time.').waitFor()
    expect((await send('four')).resultType).toBe('input_required')
  })

  test('denies and stops: nothing more comes of that mandate', async () => {
    await open(await ask('one'))
    await button('Deny and stop…').click()
    await card()
      .getByRole('radio', { name: /^Everything under the mandate/ })
      .check()
    await card().getByLabel('Why').fill('not like this')
    await button('Deny and stop now').click()
    await card().getByText('Denied', { exact: true }).waitFor()
    expect(await send('two')).toMatchObject({
      _meta: { 'ambit/refusal': { reasons: [{ code: 'user.stopped' }] } },
    })
    expect(sent()).toEqual([])
  })

  test('waits for a second person, and says who agreed', async () => {
    const rule = await node.ambit.rules.set({
      scope: 'organization',
      target: 'desk',
      capability: 'send_mail',
      decision: 'ask',
      obligations: ['second-person'],
    })
    const { signInLink } = await node.ambit.people.add({ name: 'Ann', roles: ['approver'] })
    await using other = await openBrowser(node.url, wide)
    try {
      const id = await ask('one')
      await open(id)
      await card().getByText('Two people must agree.').waitFor()
      await button('Approve').click()
      await card().getByText('You agreed; one more person must.').waitFor()
      await expect.poll(() => button('Approve').getAttribute('aria-disabled'), settled).toBe('true')
      expect(sent()).toEqual([])
      await other.page.goto(signInLink)
      await other.page.waitForURL('**/registry')
      await other.page.goto(`${node.url}/approvals/${id}`)
      await other.page.getByText('Owner agreed; one more person must.').waitFor()
      await other.page.getByRole('button', { name: 'Approve', exact: true }).click()
      // The first one's page hears of it by itself.
      await card().getByText('Approved and done').waitFor()
      await card().getByText('Decided by Ann.').waitFor()
      expect(sent()).toEqual(['one'])
    } finally {
      await node.ambit.rules.remove(rule.id)
    }
  })

  test('asks for the passkey where one is owed, and says so where there is none, or no answer', async () => {
    const rule = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'send_mail',
      decision: 'ask',
      obligations: ['step-up'],
    })
    try {
      const devtools = await browser.context.newCDPSession(page)
      await devtools.send('WebAuthn.enable')
      await devtools.send('WebAuthn.addVirtualAuthenticator', { options: authenticator })
      await open(await ask('one'))
      await card().getByText('Your device asks for your passkey').waitFor()
      await button('Approve').click()
      await card().getByText('you have no passkey on this node yet').waitFor()
      expect(await card().getByRole('link', { name: 'Add a passkey' }).getAttribute('href')).toBe('/security')
      expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('403')])
      await page.evaluate(addPasskey)
      // The browser remarks on the kinds of keys that the node takes.
      browser.complaints.splice(0)

      await page.reload()
      await page.evaluate(answerNothing)
      await button('Approve').click()
      await card().getByText('Your passkey gave no answer').waitFor()
      expect(sent()).toEqual([])
      await page.reload()
      await button('Approve').click()
      await card().getByText('Approved and done').waitFor()
      expect(sent()).toEqual(['one'])
    } finally {
      await node.ambit.rules.remove(rule.id)
    }
  })

  test('what is held appears by itself, and is vetoed or let go', async () => {
    const profile: Profile = { ...mail, reversibility: 1, windowMs: 60_000 }
    await node.ambit.records.accept('desk', { profiles: { send_mail: profile } })
    await mandated('autonomous')
    try {
      await page.goto(`${node.url}/approvals`)
      await page.getByText('Live', { exact: true }).waitFor()
      expect(await send('one')).toMatchObject({ _meta: { 'ambit/held': {} } })
      await card().getByText('Without a word of yours it is done at').waitFor()
      await card().getByRole('timer').waitFor()
      await button('Veto').click()
      await card().getByText('Denied', { exact: true }).waitFor()
      await send('two')
      const second = card().nth(1)
      await second.getByRole('button', { name: 'Do it now' }).click()
      await second.getByText('Approved and done').waitFor()
      expect(sent()).toEqual(['two'])
    } finally {
      await node.ambit.records.accept('desk', { profiles: { send_mail: mail } })
    }
  })

  test('what only the person may do is a draft that they do themselves', async () => {
    await mandated('user')
    await send('one')
    await page.goto(`${node.url}/approvals`)
    await card().getByText('Prepared for you').waitFor()
    await button('Do it myself').click()
    await card().getByText('Approved and done').waitFor()
    expect(sent()).toEqual(['one'])
  })

  test('a plan is read by where it goes, a step is taken out, and the others are done when they are called', async () => {
    const other = `x${to}`
    const mails = [
      ['one', to],
      ['two', other],
      ['three', to],
    ] as const
    const steps = mails.map(([text, recipient]) => ({
      tool: 'send_mail',
      arguments: { to: recipient, text },
    }))
    const args = { words: 'Close May\u202e and <b>send</b> the minutes', steps }
    await rawCall(node.port, { token, name: 'ambit_plan', args })
    await page.setViewportSize(phoneSize)
    await page.goto(`${node.url}/approvals`)
    await card().getByText('Close May⟨U+202E⟩ and <b>send</b> the minutes').waitFor()
    const headings = card().getByRole('heading', { level: 3 })
    expect(await headings.allTextContents()).toEqual([
      'The agent says it is for',
      expect.stringContaining(`"${to}"First time`),
      expect.stringContaining(`"${other}"First time`),
    ])
    await expect.poll(() => page.locator(':focus').textContent(), settled).toBe('Deny all')
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)
    const out = card().getByRole('button', { name: /^Take out/ })
    for (let left = 3; left > 0; left--) await out.first().click()
    await card().getByText('Nothing is left on the list: deny it instead.').waitFor()
    const back = card().getByRole('button', { name: /^Put back/ })
    for (let at = 0; at < 2; at++) await back.first().click()
    await button('Approve 2 of 3').click()
    await expect.poll(() => card().getByText('On an approved list').count(), settled).toBe(2)
    expect(desk.sent.filter((each) => each.to === other)).toEqual([])
    expect(sent()).toEqual([])
    expect(await send('one')).toMatchObject({ structuredContent: {} })
    expect(sent()).toEqual(['one'])
    // The step that was taken out is asked about like anything else.
    expect((await send('two', other)).resultType).toBe('input_required')
  })

  test('several of one agent are one list, of which one is taken out', async () => {
    for (const text of ['one', 'two', 'three']) await ask(text)
    await page.goto(`${node.url}/approvals`)
    await page.getByRole('button', { name: 'Look at them as one list' }).click()
    await expect.poll(() => card().count(), settled).toBe(1)
    await card()
      .getByRole('button', { name: /^Take out/ })
      .nth(1)
      .click()
    await button('Approve 2 of 3').click()
    await expect.poll(() => card().getByText('Approved and done').count(), settled).toBe(2)
    await card().getByText('Denied', { exact: true }).waitFor()
    expect(sent().toSorted()).toEqual(['one', 'three'])
  })
})
