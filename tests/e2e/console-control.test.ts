import type { Profile } from '@ambit/core/record'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk as deskSize, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/*
 * How a person holds agents back, in a browser against a real node and real servers: the red button, rules, the feed
 * with undo and veto, and what a mandate has spent. The tests follow one another.
 */

const base = { roles: {}, integrity: {}, dataClasses: [] }
const profiles: Readonly<Record<string, Profile>> = {
  create_note: {
    ...base,
    effect: 'write',
    reversibility: 2,
    inverse: { capability: 'delete_note', arguments: { id: { from: 'result', path: 'id' } } },
  },
  delete_note: { ...base, effect: 'write', reversibility: 2 },
  list_notes: { ...base, effect: 'read', reversibility: 0 },
  // Longer than any test: what is held stays held until somebody decides.
  send_mail: { ...base, effect: 'egress', reversibility: 1, windowMs: 600_000 },
}
const paying: Profile = {
  ...base,
  effect: 'write',
  reversibility: 0,
  money: { amount: 'a', currency: { code: 'EUR' }, unit: 'minor' },
}
/** Longer than any test: it ends because it is stopped, or not at all. */
const endless = { steps: 100_000, ms: 20 }
/** A step of a busy machine. */
const stepMs = 10_000

describe.skipIf(executable === undefined)('holding agents back in the console', () => {
  let node: TestNode
  let desk: DeskServer
  let tools: TestMcpServer
  let access: TestAccess
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    await prepareConsole()
    ;[node, desk, tools] = await Promise.all([startTestNode(), startDeskServer(), startMcpServer()])
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await bringOnline(node.ambit, { url: tools.url }, 'tools')
    await node.ambit.records.accept('desk', { profiles })
    await node.ambit.records.accept('tools', { profiles: { add: paying } })
    const targets = ['desk', 'tools'] as const
    const entries = targets.map((target) => ({ target, capability: '*', decision: 'autonomous' }) as const)
    const limits = { calls: 40, money: { EUR: 20_000 }, bytesOut: 50_000 }
    access = await allow(node.ambit, entries, { purpose: 'Keep the office', limits })
    browser = await signedIn(node)
    page = browser.page
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await Promise.all([node?.[Symbol.asyncDispose](), desk?.close(), tools?.close()])
  })

  const call = async (name: string, args: unknown) =>
    (await rawCall(node.port, { token: access.token, name, args })).text
  const underWay = async (acts: number) =>
    await until(`${acts} acts are under way`, async () => (await node.ambit.status()).inFlight === acts)
  const stopsInForce = async () => (await node.ambit.stops.list({ inForce: '1' })).stops

  test('the press that brings up the red button’s question does not answer it', async () => {
    await using own = await signedIn(node)
    const still = own.page
    await still.clock.install()
    await still.goto(`${node.url}/registry`)
    await still.getByRole('heading', { name: 'Registry', level: 1 }).waitFor()
    await still.clock.pauseAt(Date.now() + 60_000)
    await still.getByRole('button', { name: /^Stop: / }).focus()
    await still.keyboard.press('Enter')
    const now = still.getByRole('dialog').getByRole('button', { name: 'Stop now' })
    await now.waitFor()
    await still.clock.runFor(100)
    expect(await now.evaluate((button) => button.matches(':focus'))).toBe(true)
    await still.keyboard.press('Enter')
    await now.dispatchEvent('click')
    expect(await now.getAttribute('aria-disabled')).toBe('true')
    expect(await stopsInForce()).toEqual([])
    await still.clock.runFor(1000)
    await expect.poll(() => now.getAttribute('aria-disabled'), { timeout: stepMs }).toBe('false')
    expect(await stopsInForce()).toEqual([])
  })

  test('the red button stops what is under way and what comes next, and shows the receipt', async () => {
    const hanging = call('slow', endless)
    await underWay(1)
    await page.keyboard.press('Alt+Shift+S')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Everything of Main').waitFor()
    await dialog.getByLabel('Why').fill('it looks wrong')
    await dialog.getByRole('button', { name: 'Stop now' }).click()
    await dialog.getByText(/^One act under way was ended, in \d+ ms\.$/).waitFor()
    expect(await hanging).toContain('stopped')
    expect(await call('echo', { text: 'x' })).toContain('user.stopped')
    await dialog.getByRole('button', { name: 'Show the receipt' }).click()
    await dialog.getByText('Checked in this browser: the entry stands in the log.').waitFor()
    await dialog.getByText('"kind": "stop"').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
  })

  test('a banner says so on every page until it is lifted', async () => {
    const banner = page.getByRole('region', { name: 'What is stopped' })
    for (const path of ['/registry', '/feed', '/mandates']) {
      await page.goto(`${node.url}${path}`)
      await banner.getByText('Everything in your name is stopped').waitFor()
      await banner.getByText('it looks wrong').waitFor()
    }
    await banner.getByRole('button', { name: 'Lift: Everything in your name is stopped' }).click()
    await banner.waitFor({ state: 'detached' })
    expect(await call('echo', { text: 'back' })).toContain('back')
  })

  test('an agent and a mandate are stopped from their own pages', async () => {
    await page.goto(`${node.url}/registry/tools`)
    await page.getByRole('button', { name: 'Stop it' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop now' }).click()
    await page.getByText('Nothing was under way').waitFor()
    expect(await call('echo', { text: 'x' })).toContain('user.stopped')
    expect(await call('list_notes', {})).not.toContain('user.stopped')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.goto(`${node.url}/mandates/${access.mandate}`)
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop now' }).click()
    await page.getByText('Nothing was under way').waitFor()
    expect(await call('list_notes', {})).toContain('user.stopped')
    await page.getByRole('button', { name: 'Close' }).click()
    const banner = page.getByRole('region', { name: 'What is stopped' })
    await banner.getByText('“Fixture” is stopped in your name').waitFor()
    await banner.getByRole('button', { name: 'Lift: A mandate is stopped' }).click()
    await banner.getByRole('button', { name: 'Lift: is stopped in your name' }).click()
    await banner.waitFor({ state: 'detached' })
    expect(await stopsInForce()).toEqual([])
  })

  test('who is no owner sees what stops them, and cannot lift it', async () => {
    const { signInLink } = await node.ambit.people.add({ name: 'Olga', roles: ['approver'] })
    const { ambit: olga } = await signInOwner(node.url, signInLink)
    const { person } = await olga.people.me()
    await using theirs = await signedIn(node, person.id)
    const { stop } = await node.ambit.stops.set({ what: 'everything' })
    const banner = theirs.page.getByRole('region', { name: 'What is stopped' })
    await banner.getByText('Everything of Main is stopped').waitFor()
    await banner.getByText(/or an owner can lift it/).waitFor()
    expect(await banner.getByRole('button').count()).toBe(0)
    await theirs.page.getByRole('button', { name: /^Stop: / }).click()
    const dialog = theirs.page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Stop now' }).waitFor()
    expect(await dialog.getByRole('radio').count()).toBe(0)
    await node.ambit.stops.lift(stop.id)
    await banner.waitFor({ state: 'detached' })
    expect(theirs.complaints).toEqual([])
  })

  test('a rule put together in the console is kept, and shown at the mandate it tightens', async () => {
    await page.goto(`${node.url}/rules`)
    await page.getByText('You have no rule.').waitFor()
    await page.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Which agent or server is used').selectOption('tools')
    await dialog.getByLabel('Which of its tools').selectOption('echo')
    await dialog.getByText('Only where …').click()
    await dialog.getByLabel('Argument').fill('text')
    await dialog.getByRole('button', { name: 'Set the rule' }).click()
    await dialog.getByRole('alert').getByText('Say which value.').waitFor()
    await dialog.getByLabel('Value').fill('secret plan')
    await dialog.getByRole('radio', { name: 'never' }).check()
    await dialog.getByText('where text is "secret plan"').waitFor()
    await dialog.getByRole('button', { name: 'Set the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await call('echo', { text: 'a walk' })).toContain('a walk')
    expect(await call('echo', { text: 'Secret Plan' })).toContain('rule.refused')
    await page.goto(`${node.url}/mandates/${access.mandate}`)
    const rule = page.getByText('When echo of tools is used, where text is "secret plan"')
    await rule.waitFor()
    await page.getByRole('link', { name: 'All rules' }).click()
    await page.getByRole('button', { name: /^Remove the rule: When echo of tools/ }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('You have no rule.').waitFor()
    expect(await call('echo', { text: 'Secret Plan' })).toContain('Secret Plan')
  })

  test('an owner rules for everybody, above an amount', async () => {
    await page.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: 'Everybody at Main' }).check()
    await dialog.getByText('Only where …').click()
    await dialog.getByLabel('Above this amount').fill('50')
    await dialog.getByRole('checkbox', { name: 'with a passkey' }).check()
    await dialog.getByRole('button', { name: 'Set the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    const { rules } = await node.ambit.rules.list()
    expect(rules).toMatchObject([
      {
        scope: 'organization',
        target: '*',
        amountAbove: { currency: 'EUR', minor: 5000 },
        decision: 'ask',
        obligations: ['step-up'],
      },
    ])
    expect(await call('add', { a: 1200, b: 1 })).toContain('1201')
    expect(await call('add', { a: 9000, b: 1 })).toContain('A person must decide')
    await node.ambit.rules.remove(rules[0]!.id)
    await page.getByText('The organisation has no rule.').waitFor()
  })

  test('the mandate page shows what is spent of calls, money and bytes', async () => {
    await page.goto(`${node.url}/mandates/${access.mandate}`)
    await page.getByText('€12.00 of €200.00').waitFor()
    await page.getByText('€188.00 left').waitFor()
    await page.getByText(/^\d+ of 40$/).waitFor()
    await page.getByText(/^\d+ bytes of 50 kB$/).waitFor()
  })

  test('what is done stands in the feed as it happens, and is undone there', async () => {
    await page.goto(`${node.url}/feed`)
    await page.getByRole('heading', { name: 'Done in my name', level: 1 }).waitFor()
    await call('create_note', { text: 'hello' })
    const row = page.getByRole('listitem').filter({ hasText: 'changed data with “create_note” of “desk”' })
    await row.getByText('New', { exact: true }).waitFor()
    expect([...desk.notes.values()]).toEqual(['hello'])
    await row.getByRole('button', { name: /^Undo: / }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Undo now' }).click()
    await dialog.getByText('It is undone.').waitFor()
    expect([...desk.notes.values()]).toEqual([])
    await dialog.getByRole('button', { name: 'Close' }).click()
    await row.getByText('Undone', { exact: true }).waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    await row.getByRole('link', { name: 'What undid it' }).click()
    await page.getByText('This receipt holds').waitFor()
  })

  test('what is held is vetoed in the feed, and never goes out', async () => {
    await page.goto(`${node.url}/feed`)
    const held = call('send_mail', { to: 'a@example.com', text: 'hello' })
    const veto = page.getByRole('button', { name: /^Veto: .*“send_mail”/ })
    await page.getByRole('heading', { name: 'About to be done' }).waitFor()
    await veto.click()
    await veto.waitFor({ state: 'detached' })
    await held
    const row = page.getByRole('listitem').filter({ hasText: 'wanted to use “send_mail”' })
    await row.getByText('Declined').waitFor()
    expect(desk.sent).toEqual([])
  })

  test('the feed is narrowed by what was done, and what was seen is not new again', async () => {
    await page.getByLabel('What it did').selectOption('Sends data out')
    const rows = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Receipt' })
    const notes = rows.filter({ hasText: 'create_note' })
    await expect.poll(() => notes.count(), { timeout: stepMs }).toBe(0)
    expect(await rows.filter({ hasText: 'send_mail' }).count()).toBe(1)
    await page.getByLabel('What it did').selectOption('Acts in the physical world')
    await page.getByText('Nothing of that kind.').waitFor()
    await until('the node knows what was seen', async () => {
      const { entries } = await node.ambit.feed.list({ new: '1' })
      return entries.length === 0
    })
    await page.reload()
    await rows.first().waitFor()
    expect(await page.getByText('New', { exact: true }).count()).toBe(0)
  })

  test('on a phone, in Chinese, one tap and a confirmation stop everything', async () => {
    await using small = await signedIn(node, undefined, { ...phone, locale: 'zh-CN' })
    for (const path of ['/feed', '/rules', `/mandates/${access.mandate}`]) {
      await small.page.goto(`${node.url}${path}`)
      await small.page.getByRole('heading', { level: 1 }).waitFor()
      expect(await small.page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)
    }
    await small.page.getByRole('button', { name: /^停止：/ }).tap()
    await small.page.getByRole('button', { name: '立即停止' }).tap()
    await small.page.getByText('当时没有进行中的行为').waitFor()
    expect(await call('echo', { text: 'x' })).toContain('user.stopped')
    await small.page.getByRole('button', { name: '关闭' }).tap()
    await small.page.getByRole('button', { name: /^解除：/ }).tap()
    await until('it is lifted', async () => (await stopsInForce()).length === 0)
    expect(small.complaints).toEqual([])
  })

  test('a node that enforces does not say that it only observes, and one that observes does', async () => {
    expect(await page.getByText('This node only observes.').count()).toBe(0)
    await using observing = await startTestNode({ env: { AMBIT_OBSERVE: 'on' } })
    await using watching = await signedIn(observing)
    await watching.page.getByRole('region', { name: 'This node only observes.' }).waitFor()
    await watching.page.getByText('Nothing is asked or refused').waitFor()
  })

  test('never complained', () => {
    expect(browser.complaints).toEqual([])
  })
})

/** A browser of its own, signed in as a person of the node; left out: its owner. */
async function signedIn(
  node: TestNode,
  person?: string,
  options: Parameters<typeof openBrowser>[1] = deskSize,
): Promise<TestBrowser> {
  const id = person ?? (await node.ambit.people.me()).person.id
  const { signInLink } = await node.ambit.people.signInLink(id)
  const browser = await openBrowser(node.url, options)
  await browser.page.goto(signInLink)
  await browser.page.waitForURL('**/registry')
  return browser
}
