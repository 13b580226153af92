import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openAcmeAccount, orderCertificate } from '@ambit/sdk/certificate-acme'
import { certificateRequest } from '@ambit/sdk/certificate-request'
import type { AcmeCredential } from '@ambit/sdk/certificates'
import { agentDocument } from '@ambit/testkit/agent-record'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { startNameServer } from '@ambit/testkit/name-server'
import type { NameServer } from '@ambit/testkit/name-server'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, phone, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'
import { expectNarrow, makeRecords, providerDomain as domain, section, signInAs } from './console-record.ts'

/*
 * Identity as people do it in the console of a real node: on a desk in English, on a phone in Chinese, and by whoever may
 * only look.
 */

describe.skipIf(executable === undefined)('identity in the console of a node', () => {
  let node: TestNode
  let tools: TestMcpServer
  let names: NameServer
  let browser: TestBrowser
  let page: Page
  let aic = ''

  beforeAll(async () => {
    await prepareConsole()
    ;[names, tools] = await Promise.all([startNameServer(), startMcpServer()])
    node = await startTestNode({ env: { AMBIT_DNS: names.address }, finer: { probeEveryMs: 500 } })
    aic = await makeRecords(node.ambit, tools.url)
    browser = await openBrowser(node.url, desk)
    page = browser.page
    page.on('response', (r) => { if (r.status() >= 500) void r.text().then((t) => console.log('FIVE', r.url(), t)) })
    await signInAs(page, node.ambit)
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await tools?.close()
    await names?.[Symbol.asyncDispose]()
  })

  test('a record answers who, where, what, certified for and when, with what it is made of', async () => {
    await until('it answers', async () => (await node.ambit.liveness.of('desk')).state === 'alive')
    await page.goto(`${node.url}/registry/desk`)
    const glance = page.locator('section').filter({ hasText: 'Who made it' }).first()
    for (const said of [
      'Harbour Works',
      'Travel · China',
      'Lin Qiao',
      'In a cloud · China',
      'MCP',
      'travel',
      aic,
    ])
      await glance.getByText(said).first().waitFor()
    await glance.getByText('Not certified').waitFor()
    await glance.getByText('Answers', { exact: true }).waitFor()
    await glance.getByText('answered 100 % in 7 days').waitFor()
    const spoken = section(page, 'What it speaks')
    await spoken.getByText(tools.url).waitFor()
    await spoken.getByText('100 %').first().waitFor()
    await spoken.getByText('It serves what was accepted.').waitFor()
    // Folded, with the states of what is known here in words.
    const made = section(page, 'Made of')
    await made.getByText('Recalled', { exact: true }).waitFor()
    expect(await made.getByRole('listitem').count()).toBe(6)
    await made.getByRole('button', { name: 'Show all 10' }).click()
    expect(await made.getByRole('listitem').count()).toBe(10)
    expect(await made.getByText('not known here').count()).toBe(9)
    await section(page, 'Keys').getByText('In force', { exact: true }).waitFor()
    await section(page, 'Domains').getByText('claimed, not proved').first().waitFor()
  })

  test('a certificate is issued from a pasted request, downloaded, and revoked for its reason', async () => {
    const certificates = section(page, 'Certificates')
    await certificates.getByRole('button', { name: 'Issue', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: 'Others call the agent.' }).check()
    await dialog.getByLabel('Certificate request (CSR)', { exact: true }).fill('no request')
    await dialog.getByRole('button', { name: 'Issue', exact: true }).click()
    await dialog.getByText('it is not one request in PEM').waitFor()
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining('400')])
    const { request } = await certificateRequest(aic)
    await dialog.getByLabel('Certificate request (CSR)', { exact: true }).fill(request)
    await dialog.getByRole('button', { name: 'Issue', exact: true }).click()
    const saving = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download the chain' }).click()
    const chain = await readFile(await (await saving).path(), 'utf8')
    const leaf = new X509Certificate(chain)
    expect(leaf.subjectAltName).toContain(`URI:acps://${aic}`)
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    await dialog.getByRole('button', { name: 'Close' }).click()

    const row = certificates.getByRole('listitem').filter({ hasText: 'to be called' })
    await row.getByText('In force').waitFor()
    await row.getByRole('button', { name: 'Revoke certificate' }).click()
    await dialog.getByLabel('Reason').selectOption('its key was compromised')
    await dialog.getByText('is certified for nobody any more').waitFor()
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click()
    await row.getByText('its key was compromised').waitFor()
    expect((await node.ambit.certificates.list('desk')).certificates).toMatchObject([
      { serial: leaf.serialNumber, holds: false, reason: 1 },
    ])
    expect(await row.getByRole('button', { name: 'Revoke certificate' }).count()).toBe(0)
  })

  test('a credential for ACME is shown once, and the agent gets its certificate with it', async () => {
    const certificates = section(page, 'Certificates')
    await certificates.getByRole('button', { name: 'Credential for ACME' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Make it' }).click()
    const shown = (await dialog.getByText(/"macKey"/).textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Close' }).click()
    expect(await page.getByText(/"macKey"/).count()).toBe(0)
    const account = await openAcmeAccount(JSON.parse(shown) as AcmeCredential)
    await orderCertificate(account, 'clientAuth')
    await page.reload()
    await certificates.getByRole('listitem').filter({ hasText: 'to call' }).getByText('In force').waitFor()
  })

  test('a key that the node keeps is rotated, and one in the wrong hands is reported', async () => {
    const keys = section(page, 'Keys')
    await keys.getByRole('button', { name: 'Rotate' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Overlap').selectOption('an hour')
    await dialog.getByRole('button', { name: 'Rotate' }).click()
    await keys.getByText('by rotation').waitFor()
    await keys.getByText('over at').waitFor()
    const before = await node.ambit.agentKeys.of('desk')
    const old = before.keys.find(({ until: end }) => end !== undefined)?.key ?? ''
    await keys.getByRole('button', { name: `Report key ${old.slice('did:key:'.length)}` }).click()
    await dialog.getByText(old).waitFor()
    await dialog.getByRole('button', { name: 'Report it now' }).click()
    await dialog.getByText('Reported. No mandate ended with it.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await keys.getByText('Compromised').waitFor()
    const { keys: after } = await node.ambit.agentKeys.of('desk')
    expect(after.find(({ key }) => key === old)?.state).toBe('compromised')
  })

  test('what takes two people takes two: a recovered key, and a version that comes into use', async () => {
    await page.goto(`${node.url}/people`)
    await page.getByRole('checkbox', { name: 'Put a version in force' }).click()
    await page.getByRole('checkbox', { name: 'Recover the key' }).click()
    await expect.poll(async () => (await node.ambit.agentKeys.recoveries()).people).toBe(2)
    await expect.poll(async () => (await node.ambit.records.review()).twoPeople).toBe(true)
    await node.ambit.records.apply(agentDocument('pilot', { name: { en: 'Pilot' } }))
    await page.goto(`${node.url}/registry/pilot`)
    await page.getByLabel('Say something').fill('Who looked at its provider?')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Who looked at its provider?').waitFor()
    await page.getByRole('button', { name: 'Submit', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Submit' }).click()
    await page.getByText('another owner or operator has to activate it').waitFor()
    expect(await page.getByRole('button', { name: 'Activate' }).count()).toBe(0)
    await expect(node.ambit.records.activate('pilot')).rejects.toMatchObject({ code: 'record.second-person' })

    await page.goto(`${node.url}/registry/desk`)
    const keys = section(page, 'Keys')
    await keys.getByRole('button', { name: 'Recover' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('asks for two people').waitFor()
    await dialog.getByLabel('Note').fill('the disk died')
    await dialog.getByRole('button', { name: 'Recover' }).click()
    await dialog.getByText('It waits for another owner or operator.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await keys.getByText('another person has to confirm it').waitFor()

    const { person } = await node.ambit.people.add({ name: 'Qin Yue', roles: ['operator'] })
    await using other = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    await signInAs(other.page, node.ambit, person.id)
    await other.page.goto(`${node.url}/registry/desk`)
    const theirs = section(other.page, '密钥')
    await theirs.getByText('the disk died').waitFor()
    await theirs.getByRole('button', { name: '确认' }).tap()
    await other.page.getByRole('dialog').getByRole('button', { name: '确认' }).tap()
    await other.page.getByRole('dialog').getByText('新密钥已生效').waitFor()
    await other.page.getByRole('dialog').getByRole('button', { name: '关闭' }).tap()
    await theirs.getByText('恢复而来').waitFor()
    await expectNarrow(other.page)
    await other.page.goto(`${node.url}/registry/pilot`)
    await other.page.getByText('Who looked at its provider?').waitFor()
    await other.page.getByRole('button', { name: '启用' }).tap()
    await other.page.getByRole('dialog').getByRole('button', { name: '启用' }).tap()
    await other.page.getByRole('button', { name: '暂停' }).waitFor()
    await expectNarrow(other.page)
    expect(other.complaints).toEqual([])
    expect((await node.ambit.records.get('pilot')).state).toBe('active')
    await node.ambit.records.setReview({ twoPeople: false })
  })

  test('a domain is claimed, shows what to publish, and is proved', async () => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Domains' }).click()
    await page.getByRole('button', { name: 'Claim a domain' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Domain', { exact: true }).fill(domain)
    await dialog.getByRole('button', { name: 'Claim', exact: true }).click()
    const row = page.getByRole('main').getByRole('listitem').filter({ hasText: domain })
    await row.getByText('Claimed', { exact: true }).waitFor()
    await row.getByText(`_ambit.${domain}`).waitFor()
    await row.getByText(`https://${domain}/.well-known/ambit-domain`).waitFor()
    await row.getByRole('button', { name: `Check ${domain} now` }).click()
    await row.getByText('Not found:').waitFor()
    const [claimed] = await node.ambit.domains.list()
    await row
      .getByText(claimed?.token ?? '')
      .first()
      .waitFor()
    names.zone.set(`_ambit.${domain}`, [claimed?.token ?? ''])
    await row.getByRole('button', { name: `Check ${domain} now` }).click()
    await row.getByText('The proof was found.').waitFor()
    await row.getByText('Proved', { exact: true }).waitFor()
    await page.goto(`${node.url}/registry/desk`)
    await section(page, 'Domains').getByText('proved', { exact: true }).waitFor()
  })

  test('the authority shows its roots, its list of what was revoked, and finds a certificate', async () => {
    await page.goto(`${node.url}/authority`)
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the trust bundle' }).click()
    const bundle = await readFile(await (await saving).path(), 'utf8')
    const root = new X509Certificate(bundle)
    await page.getByText(root.fingerprint256).waitFor()
    await page.getByText('One certificate is on it').waitFor()
    await page.getByText('It is current.').waitFor()
    const list = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the list' }).click()
    expect(await readFile(await (await list).path(), 'utf8')).toContain('BEGIN X509 CRL')
    const rows = section(page, 'Certificates of your organisation').getByRole('listitem')
    expect(await rows.count()).toBe(2)
    const [one] = (await node.ambit.certificates.list('desk')).certificates
    await page.getByRole('searchbox').fill(one?.serial ?? '')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByRole('searchbox').fill('nothing like it')
    await page.getByText('No certificate matches.').waitFor()
  })

  test('who only looks sees all of it in Chinese on a phone, without a button to change it', async () => {
    const { person } = await node.ambit.people.add({ name: '审计员', roles: ['auditor'] })
    const link = new URL((await node.ambit.people.signInLink(person.id)).signInLink)
    await using other = await openBrowser(node.url, { ...phone, locale: 'zh-CN' })
    await other.page.goto(link.href)
    await other.page.waitForURL('**/registry')
    expect(await other.page.getByRole('button', { name: /^(登记|导入)$/ }).count()).toBe(0)
    await other.page.goto(`${node.url}/registry/desk`)
    await other.page.getByText('谁开发').waitFor()
    for (const said of ['谁负责', '部署在哪里', '认证范围', '最近响应'])
      await other.page.getByText(said, { exact: true }).first().waitFor()
    await section(other.page, '密钥').getByText('有效', { exact: true }).first().waitFor()
    await section(other.page, '证书').getByText('已吊销').waitFor()
    await expectNarrow(other.page)
    const changing = /^(轮换|恢复|报告密钥|颁发|吊销证书|ACME 凭证|运行检查|召回|暂停|再看一次|确认)/
    expect(await other.page.getByRole('main').getByRole('button', { name: changing }).count()).toBe(0)
    await other.page.getByRole('button', { name: '更多' }).tap()
    await other.page.getByRole('menuitem', { name: '导出…' }).waitFor()
    expect(await other.page.getByRole('menuitem').count()).toBe(1)
    await other.page.keyboard.press('Escape')
    for (const [path, said] of [
      ['domains', '只有运营人或所有者可以声称和检查域名。'],
      ['authority', '列表是最新的。'],
      ['takedowns', '只有运营本节点的组织的所有者和运营人可以看到此页。'],
    ] as const) {
      await other.page.goto(`${node.url}/${path}`)
      await other.page.getByText(said).waitFor()
      await expectNarrow(other.page)
      expect(
        await other.page
          .getByRole('main')
          .getByRole('button', { name: /声称|检查|放弃|吊销|下架|解除/ })
          .count(),
      ).toBe(0)
    }
    expect(other.complaints).toEqual([])
    // The API is what refuses; the console only spares the buttons.
    const refused = await other.page.evaluate(async () => {
      const asks = [
        ['POST', '/api/records/desk/acme-credential', {}],
        ['POST', '/api/records/desk/certificates/revoke', {}],
        ['POST', '/api/records/desk/keys/rotate', {}],
        ['POST', '/api/records/desk/rename', { slug: 'mine' }],
        ['POST', '/api/records/desk/transfer', { to: 'north' }],
        ['POST', '/api/records/desk/decommission', {}],
        ['POST', '/api/records/import', { document: {}, preview: true }],
        ['POST', '/api/domains', { domain: 'mine.example' }],
        ['POST', '/api/takedowns', { record: 'desk', reason: 'mine' }],
      ] as const
      const codes: string[] = []
      for (const [method, path, body] of asks) {
        const answer = await fetch(path, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        codes.push(((await answer.json()) as { code: string }).code)
      }
      return codes
    })
    expect(new Set(refused)).toEqual(new Set(['auth.role']))
    other.complaints.length = 0
  })

  test('never complained', () => {
    expect(browser.complaints).toEqual([])
  })
})
