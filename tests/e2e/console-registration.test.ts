import { readFile } from 'node:fs/promises'
import { registerAgent } from '@ambit/testkit/agent-record'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'
import { chooseMore, expectNarrow, makeRecords, section, signInAs } from './console-record.ts'

/* What happens to a record beside its steps, in the console of a real node: each says before what it does. */

describe.skipIf(executable === undefined)('registration in the console of a node', () => {
  let node: TestNode
  let tools: TestMcpServer
  let browser: TestBrowser
  let page: Page
  let aic = ''

  beforeAll(async () => {
    await prepareConsole()
    ;[node, tools] = await Promise.all([startTestNode(), startMcpServer()])
    aic = await makeRecords(node.ambit, tools.url)
    browser = await openBrowser(node.url, desk)
    page = browser.page
    await signInAs(page, node.ambit)
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await tools?.close()
  })

  test('a record is renamed, and says so before', async () => {
    await registerAgent(node.ambit, 'pilot', { name: { en: 'Pilot' } })
    await page.goto(`${node.url}/registry/pilot`)
    const dialog = await chooseMore(page, 'Rename…')
    await dialog.getByText('For 180 days').waitFor()
    expect(await dialog.getByRole('button', { name: 'Rename', exact: true }).isDisabled()).toBe(true)
    await dialog.getByLabel('New name').fill('helmsman')
    await dialog.getByRole('button', { name: 'Rename', exact: true }).click()
    await page.waitForURL('**/registry/helmsman')
    await section(page, 'Rulings').getByText('Renamed', { exact: true }).waitFor()
    expect((await node.ambit.records.get('helmsman')).summary.slug).toBe('helmsman')
  })

  test('a record is exported, and comes in again as a draft that was shown before', async () => {
    const dialog = await chooseMore(page, 'Export…')
    await dialog.getByLabel('Format').selectOption('ACPs capability specification (ACS)')
    await dialog.getByRole('button', { name: 'Export' }).click()
    const saving = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download' }).click()
    const document = await readFile(await (await saving).path(), 'utf8')
    expect(JSON.parse(document)).toMatchObject({ name: 'Pilot' })
    await dialog.getByRole('button', { name: 'Close' }).click()
    for (const [format, as] of [
      ['TC260 asset register', 'csv'],
      ['AI Catalog entry', 'json'],
    ] as const) {
      const again = await chooseMore(page, 'Export…')
      await again.getByLabel('Format').selectOption(format)
      if (as === 'csv') await again.getByRole('checkbox', { name: 'As a table' }).check()
      await again.getByRole('button', { name: 'Export' }).click()
      const next = page.waitForEvent('download')
      await again.getByRole('button', { name: 'Download' }).click()
      expect((await next).suggestedFilename()).toMatch(new RegExp(`\\.${as}$`))
      await again.getByRole('button', { name: 'Close' }).click()
    }

    await page.goto(`${node.url}/registry`)
    await page.getByRole('button', { name: 'Import' }).click()
    await dialog.getByLabel('Document', { exact: true }).fill('[1]')
    await dialog.getByText('This is not a JSON object.').waitFor()
    await dialog.getByLabel('Document', { exact: true }).fill(document)
    await dialog.getByRole('button', { name: 'Read it' }).click()
    await dialog.getByText('Nothing is kept yet.').waitFor()
    await dialog.getByText('ACPs capability specification (ACS)').waitFor()
    const { records } = await node.ambit.records.list()
    expect(records.map(({ slug }) => slug)).not.toContain('twin')
    await dialog.getByLabel('Name in this registry').fill('twin')
    await dialog.getByRole('button', { name: 'Keep as a draft' }).click()
    await page.waitForURL('**/registry/twin')
    await page.getByRole('button', { name: 'Submit', exact: true }).waitFor()
    expect(await section(page, 'Certificates').getByRole('button', { name: 'Issue' }).count()).toBe(0)
    const discard = await chooseMore(page, 'Discard the draft…')
    await discard.getByRole('button', { name: 'Discard' }).click()
    await page.waitForURL('**/registry')
    const names = (await node.ambit.records.list()).records.map(({ slug }) => slug)
    expect(names).not.toContain('twin')
    // Between its end and the page's, an event may have had it asked for.
    for (const complaint of browser.complaints.splice(0)) expect(complaint).toContain('404')
    // What registers by reading live servers cannot be shown before, and is not done by mistake either.
    const servers = { mcpServers: { live: { url: tools.url } }, preview: true }
    await expect(node.ambit.records.import(servers)).rejects.toMatchObject({ code: 'input.invalid' })
    expect((await node.ambit.records.list()).records.map(({ slug }) => slug)).not.toContain('live')
  })

  test('a record is handed over: offered, taken back, offered again and taken over', async () => {
    const added = await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
    const north = (await signInOwner(node.url, added.signInLink)).ambit
    await page.goto(`${node.url}/registry/helmsman`)
    const offers = page.getByRole('region', { name: 'Records on their way' })
    async function offer(): Promise<void> {
      const dialog = await chooseMore(page, 'Hand over…')
      await dialog.getByText('everything you hold of it is revoked').waitFor()
      await dialog.getByLabel('Short name of the organisation').fill('north')
      await dialog.getByRole('button', { name: 'Offer it' }).click()
      await offers.getByText('Offered to north').waitFor()
    }
    await offer()
    await offers.getByRole('button', { name: 'Take the offer back' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take the offer back' }).click()
    await offers.waitFor({ state: 'detached' })
    await offer()
    // It is about to leave this organisation, so that this page could not ask for it any more.
    await page.goto(`${node.url}/registry`)

    await using other = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    await signInAs(other.page, north)
    const theirs = other.page.getByRole('region', { name: '移交中的登记' })
    await theirs.getByText('由 main 提出移交').waitFor()
    await theirs.getByRole('button', { name: '接收' }).tap()
    const dialog = other.page.getByRole('dialog')
    await dialog.getByLabel('在您的登记中的名称').fill('steersman')
    await dialog.getByRole('button', { name: '接收' }).tap()
    await other.page.waitForURL('**/registry/steersman')
    await other.page.getByText('移交', { exact: true }).first().waitFor()
    await expectNarrow(other.page)
    expect((await north.records.get('steersman')).record.organization).toBe('north')
    // Neither its people nor the API let another organisation take anything down.
    await other.page.getByRole('button', { name: '更多' }).tap()
    await other.page.getByRole('menuitem', { name: '导出…' }).waitFor()
    expect(await other.page.getByRole('menuitem', { name: '下架…' }).count()).toBe(0)
    await other.page.goto(`${node.url}/takedowns`)
    await other.page.getByText('只有运营本节点的组织').waitFor()
    await expect(north.takedowns.list()).rejects.toMatchObject({ code: 'identity.node-operators' })
    expect(other.complaints).toEqual([])
  })

  test('the operators of the node take a record of another organisation down, and lift it', async () => {
    const [{ record } = { record: '' }] = await node.ambit.transfers.list()
    await page.goto(`${node.url}/takedowns`)
    await page.getByText('Nothing is taken down.').waitFor()
    await page.getByRole('button', { name: 'Take a record down' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('It is stopped at once').waitFor()
    await dialog.getByLabel('Identity code').fill(record)
    await dialog.getByLabel('Reason').fill('sends what it reads to a stranger')
    await dialog.getByRole('button', { name: 'Take it down' }).click()
    const row = page.getByRole('main').getByRole('listitem').filter({ hasText: 'steersman' })
    await row.getByText('sends what it reads to a stranger').waitFor()
    expect(await node.ambit.takedowns.tombstone(record)).toMatchObject({ slug: 'steersman' })
    await row.getByRole('button', { name: 'Lift the takedown of steersman' }).click()
    await dialog.getByLabel('Why').fill('a mistake')
    await dialog.getByRole('button', { name: 'Lift', exact: true }).click()
    await page.getByText('Nothing is taken down.').waitFor()
    await expect(node.ambit.takedowns.tombstone(record)).rejects.toMatchObject({ code: 'input.not-found' })
  })

  test('a record is put out of service, and the report says what ended', async () => {
    await page.goto(`${node.url}/registry/desk`)
    const dialog = await chooseMore(page, 'Decommission…')
    await dialog.getByText('This cannot be undone.').waitFor()
    await dialog.getByRole('button', { name: 'Decommission now' }).click()
    await dialog.getByText('Looked through again: nothing is left.').waitFor()
    expect(await dialog.locator('dl').textContent()).toContain('Record retired1')
    await dialog.getByRole('button', { name: 'Close' }).click()
    // The page stands on the identity code now: the name is given back.
    await page.waitForURL(`**/registry/${aic}`)
    await section(page, 'Decommissioned').getByText('nothing is left').waitFor()
    await page.reload()
    await section(page, 'Decommissioned').getByText('nothing is left').waitFor()
    expect(
      await page.getByRole('button', { name: /Look again|Rotate|Recover|Issue|Run the checks/ }).count(),
    ).toBe(0)
    expect(await node.ambit.records.decommissioned('desk')).toMatchObject({ residue: [] })
    expect((await node.ambit.certificates.list(aic)).certificates.filter(({ holds }) => holds)).toEqual([])
  })

  test('never complained', () => {
    expect(browser.complaints).toEqual([])
  })
})
