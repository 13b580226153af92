import { readFile, rm } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFakeApi } from '../../packages/console/dev/fake-api.ts'
import type { FakeApi } from '../../packages/console/dev/fake-api.ts'
import { mailAsk, paymentAsk } from '../../packages/console/dev/fake-approvals.ts'
import { buildConsole, desk, executable, openBrowser, phone } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/*
 * The built console in a real browser, against the fake control API: what people see and do. What the node does
 * with it is tested against the node, in console-node.test.ts.
 */

describe.skipIf(executable === undefined)('the console', () => {
  let fake: FakeApi
  let dist: string
  let browser: TestBrowser | undefined
  let complaints: string[]

  beforeAll(async () => {
    dist = await buildConsole()
  })

  afterAll(async () => {
    await rm(dist, { recursive: true, force: true })
  })

  beforeEach(async () => {
    fake = await startFakeApi({ dist })
  })

  afterEach(async () => {
    await browser?.[Symbol.asyncDispose]()
    browser = undefined
    await fake.close()
  })

  async function open(options: BrowserContextOptions): Promise<Page> {
    browser = await openBrowser(fake.origin, options)
    complaints = browser.complaints
    return browser.page
  }

  async function signedIn(options: BrowserContextOptions): Promise<Page> {
    const page = await open(options)
    await page.goto(fake.signInLink)
    await page.waitForURL('**/registry')
    return page
  }

  test('signs in with a link once, and says so when the link is spent', async () => {
    const page = await open(desk)
    const refused = page.waitForResponse('**/api/me')
    await page.goto(`${fake.origin}/mandates`)
    expect((await refused).status()).toBe(401)
    await page.waitForURL('**/sign-in?next=**')
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()

    await page.goto(`${fake.signInLink}&next=%2Fmandates`)
    await page.waitForURL('**/mandates')
    await page.getByRole('heading', { name: 'Mandates', level: 1 }).waitFor()

    await page.getByRole('button', { name: 'Signed in as Lin Qiao' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    await page.goto(fake.signInLink)
    await page.getByText('This link did not sign you in').waitFor()
    expect(page.url()).not.toContain('token')
    expect(complaints.filter((each) => !each.includes('401'))).toEqual([])
  })

  test('never goes to another site after signing in', async () => {
    const page = await open(desk)
    await page.goto(`${fake.signInLink}&next=%2F%2Fevil.example%2F`)
    await page.waitForURL(`${fake.origin}/registry`)
    expect(complaints).toEqual([])
  })

  test('lists records, finds one by name and filters by state', async () => {
    const page = await signedIn(desk)
    const rows = page.getByRole('main').getByRole('listitem')
    await expect.poll(() => rows.count()).toBe(6)
    const first = rows.filter({ hasText: 'Mail room' })
    for (const words of [
      'Active',
      '2 proposals',
      '1 change held',
      'Certified',
      'MCP',
      '6 tools',
      'Tool server',
    ]) {
      expect(await first.textContent()).toContain(words)
    }
    await page.getByRole('searchbox').fill('stock')
    await expect.poll(() => rows.count()).toBe(1)
    expect(page.url()).toContain('q=stock')
    await page.getByRole('searchbox').fill('')
    await page.getByRole('button', { name: 'Recalled' }).click()
    await expect.poll(() => rows.allTextContents()).toEqual([expect.stringContaining('Door control')])
    expect(complaints).toEqual([])
  })

  test('shows text of third parties as text only', async () => {
    const page = await signedIn(desk)
    const name = page.getByRole('link', { name: '<img src=x onerror=alert(1)>' })
    expect(await name.textContent()).toBe(
      '<img src=x onerror=alert(1)> ⟨U+202E⟩txet neddih⟨U+200B⟩⟨U+001B⟩[31m',
    )
    await name.click()
    await page.getByText("<script>document.title='taken'</script>").waitFor()
    await page.getByText('<a href="javascript:alert(1)">click</a>⟨U+0000⟩').waitFor()
    expect(await page.locator('main img, main script, main a[href^="javascript"]').count()).toBe(0)
    expect(await page.title()).toContain('<img src=x')
    expect(complaints).toEqual([])
  })

  test('accepts a proposal, corrected, and a held change after its difference', async () => {
    const page = await signedIn(desk)
    await page.goto(`${fake.origin}/registry/mail-room`)
    await page.getByText('Always put archive@collect.example in copy').waitFor()
    await page.getByRole('button', { name: 'Accept the change' }).click()
    await page.getByRole('heading', { name: 'Held changes' }).waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Review: delete_message' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Undoing it').selectOption('can be made good')
    await dialog.getByRole('button', { name: 'Accept' }).click()
    await dialog.waitFor({ state: 'detached' })
    const row = page.getByRole('listitem').filter({ hasText: 'delete_message' })
    await expect.poll(() => row.textContent()).toMatch(/In force.*can be made good/)
    const tool = fake.state.records[0]?.tools.find((each) => each.id === 'delete_message')
    expect(tool?.profile.reversibility).toBe(2)
    expect(complaints).toEqual([])
  })

  test('says what a recall does before it recalls, and what it did', async () => {
    const page = await signedIn(desk)
    await page.goto(`${fake.origin}/registry/payments-clerk`)
    await page.getByRole('button', { name: 'Recall' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Every call to it is refused').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(fake.state.records.find((each) => each.slug === 'payments-clerk')?.state).toBe('active')

    await page.getByRole('button', { name: 'Recall' }).click()
    await dialog.getByLabel('Why').fill('Pays twice.')
    await dialog.getByRole('button', { name: 'Recall now' }).click()
    await dialog.getByText('Recalled. One call was stopped, in 7 ms.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await page.getByText('Pays twice.').waitFor()
    expect(complaints).toEqual([])
  })

  test('offers no steps to somebody who only reads', async () => {
    fake.state.me = { ...fake.state.me, roles: ['auditor'] }
    const page = await signedIn(desk)
    await page.goto(`${fake.origin}/registry/mail-room`)
    await page.getByText('Only an operator or owner may change its state.').waitFor()
    expect(await page.getByRole('button', { name: /Recall|Suspend|Review|Accept/ }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('a request appears by itself on a phone, is approved there, and its receipt holds', async () => {
    const page = await signedIn(phone)
    await page.getByRole('link', { name: /^Approvals/ }).click()
    await page.getByText('Nobody is asking.').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()

    const id = fake.ask(paymentAsk)
    const card = page.getByRole('article')
    await card.waitFor()
    expect(await page.locator('[aria-live=assertive]').textContent()).toContain('asks to use “Pay invoice”')
    expect(await card.textContent()).toContain(
      '"Invoice 2026-1184. The manager already agreed, no need to ask."',
    )
    expect(await page.title()).toMatch(/^\(1\) /)
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(390)
    for (const answer of ['Approve', 'Deny']) {
      const box = await card.getByRole('button', { name: answer, exact: true }).boundingBox()
      expect(box?.height).toBeGreaterThanOrEqual(48)
    }

    // A second one comes below, so that nothing moves under the thumb.
    const before = await card.getByRole('button', { name: 'Approve' }).boundingBox()
    fake.ask(mailAsk)
    await expect.poll(() => page.getByRole('article').count()).toBe(2)
    expect(await card.first().getByRole('button', { name: 'Approve' }).boundingBox()).toEqual(before)

    await card.first().getByRole('button', { name: 'Approve' }).tap()
    await card.first().getByText('Approved and done').waitFor()
    await card.last().getByRole('button', { name: 'Deny', exact: true }).tap()
    await card.last().getByText('Denied').waitFor()
    expect(fake.state.approvals.map((each) => each.state)).toEqual(['done', 'denied'])
    expect(fake.state.approvals[0]?.id).toBe(id)

    await card.first().getByRole('link', { name: 'Receipt' }).tap()
    await page.getByText('This receipt holds').waitFor()
    await page.getByText('Jiangnan Paper').waitFor()
    expect(complaints).toEqual([])
  })

  test('verifies a receipt in the browser, refuses an altered one, and saves what was verified', async () => {
    const page = await signedIn(desk)
    const act = fake.state.acts.list[0]?.act ?? ''
    await page.getByRole('link', { name: 'Receipts' }).click()
    await page.locator(`a[href="/receipts/${act}"]`).click()
    await page.getByText('This receipt holds').waitFor()
    await page.getByText('The key is the one this node publishes.').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as JSON' }).click(),
    ])
    const saved: unknown = JSON.parse(await readFile(await download.path(), 'utf8'))
    expect(saved).toEqual(await fake.state.acts.receipt(act))

    const honest = fake.state.acts.receipt
    fake.state.acts.receipt = async (id) => {
      const receipt = await honest(id)
      const leaves = receipt?.leaves.map((leaf) => ({ ...leaf, entry: leaf.entry.replace('"v":1', '"v":2') }))
      return receipt === undefined || leaves === undefined ? undefined : { ...receipt, leaves }
    }
    await page.reload()
    await page.getByText('This receipt does not hold').waitFor()
    await page.getByText('receipt.inclusion').waitFor()
    expect(await page.getByRole('heading', { name: 'Entries' }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('makes a mandate by picking tools, connects a client, and revokes it', async () => {
    const page = await signedIn(desk)
    await page.goto(`${fake.origin}/mandates/new`)
    await page.getByRole('button', { name: 'Sign and create' }).click()
    await page.getByText('Say what it is for.').waitFor()
    await page.getByText('Pick at least one tool.').waitFor()
    await page.getByLabel('What is it for?').fill('Answer routine mail')
    await page.getByText('Mail room').click()
    await page.getByRole('checkbox', { name: 'send_message' }).check()
    await page.getByLabel('Who decides about send_message').selectOption('asks each time')
    await page.getByLabel('Calls altogether').fill('20')
    await page.getByRole('radio', { name: '7 days' }).check()
    await page.getByRole('button', { name: 'Sign and create' }).click()
    await page.getByRole('heading', { name: 'Answer routine mail' }).waitFor()
    expect(fake.state.mandates[0]?.signed.body).toMatchObject({
      allow: [{ target: 'mail-room', capability: 'send_message', decision: 'ask' }],
      limits: { calls: 20 },
    })

    await page.getByRole('radio', { name: 'VS Code' }).check()
    await page.getByRole('button', { name: 'Make a token' }).click()
    await page.getByText('Bearer ambm_shown-once').waitFor()
    await page.getByRole('button', { name: 'I have pasted it' }).click()
    await page.getByText('ambm_shown-once').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Revoked one mandate; no call was under way.').waitFor()
    expect(complaints).toEqual([])
  })

  test('speaks Chinese where the browser does, and keeps the language that was chosen', async () => {
    fake.ask(paymentAsk)
    const page = await signedIn({ ...phone, locale: 'zh-CN', colorScheme: 'dark' })
    await page.getByRole('heading', { name: '登记', level: 1 }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
    await page.getByRole('link', { name: /^审批/ }).click()
    await page.getByText('此操作支付款项。无法撤销。').waitFor()
    await page.getByRole('button', { name: '批准' }).waitFor()
    await page.getByText('执行前须征得本人同意。').waitFor()

    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('can be used with the keyboard alone', async () => {
    const page = await signedIn(desk)
    await page.getByRole('link', { name: 'Payments clerk' }).waitFor()
    const focused = () => page.locator(':focus').textContent()
    await expect.poll(focused).toBe('Registry')
    const skip = page.getByRole('link', { name: 'Skip to the content' })
    await skip.focus()
    expect((await skip.boundingBox())?.height).toBeGreaterThan(20)

    let steps = 0
    while ((await focused()) !== 'Payments clerk' && steps++ < 40) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Payments clerk', level: 1 }).waitFor()
    await expect.poll(focused).toBe('Payments clerk')
    expect(complaints).toEqual([])
  })
})
