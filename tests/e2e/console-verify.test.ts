import { createHash } from 'node:crypto'
import type { ReceiptAnswer } from '@ambit/core/wire/receipt-wish'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { send } from '@ambit/testkit/raw-http'
import { modernCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* The page that checks receipts for anybody: not signed in, off line, and whatever it is given. */

const document = 'Receipt, proof file or promise'
const trusted = 'Whom you trust'

interface Checked {
  readonly log: { readonly vkey: string; readonly origin: string }
  readonly checkpoint: string
  readonly leaves: readonly { readonly index: number; readonly entry: string; readonly hashes: string[] }[]
}

describe.skipIf(executable === undefined)('the verifier in the browser', () => {
  let node: TestNode
  let server: TestMcpServer
  let browser: TestBrowser
  let page: Page
  let answer: ReceiptAnswer
  let promised: ReceiptAnswer
  let receipt: Checked

  beforeAll(async () => {
    await prepareConsole()
    server = await startMcpServer({ eras: 'modern' })
    node = await startTestNode()
    await bringOnline(node.ambit, { url: server.url }, 'desk')
    const { token } = await allow(node.ambit, [
      { target: 'desk', capability: 'echo', decision: 'autonomous' },
    ])
    const asked = async (wish: string) => {
      const { headers, body } = modernCall({ token, name: 'echo', args: { text: 'hello' } })
      const request = { method: 'POST', path: '/mcp', headers: { ...headers, 'ambit-receipt': wish }, body }
      const { result } = (await send(node.port, request)).json() as {
        result: { _meta: { 'ambit/receipt': ReceiptAnswer } }
      }
      return result._meta['ambit/receipt']
    }
    answer = await asked('receipt')
    promised = await asked('promise')
    receipt = answer.receipt as unknown as Checked
    browser = await openBrowser(node.url, desk)
    page = browser.page
    await page.goto(`${node.url}/verify`)
    await page.getByRole('heading', { name: 'Verify' }).waitFor()
    // Everything the page needs has come with it.
    await page.waitForLoadState('networkidle')
    await browser.context.setOffline(true)
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await server?.close()
  })

  async function bring(text: string, trust = '', entry?: string): Promise<void> {
    await page.getByRole('textbox', { name: document }).fill(text)
    await page.getByRole('textbox', { name: trusted }).fill(trust)
    if (entry !== undefined) await page.getByRole('textbox', { name: 'Entry' }).fill(entry)
  }

  test('a receipt holds off line and without a sign-in, and says what it does not prove', async () => {
    await bring(JSON.stringify(answer.receipt))
    await page.getByText('This receipt holds').waitFor()
    await page.getByText('Whose log it is').waitFor()
    await page.getByText('no witness that you named cosigned it').waitFor()
    await page.getByText('What was said: the entries only commit to it').waitFor()
    await page.getByText('How it ended').waitFor()
    await bring(JSON.stringify(answer), receipt.log.vkey)
    await page.getByText('The key is one that you named.').waitFor()
    expect(await page.getByText('Whose log it is').count()).toBe(0)
  })

  test('a receipt that was changed, or is of a log nobody trusts, does not hold', async () => {
    await bring(JSON.stringify(answer.receipt).replace('completed', 'cancelled'))
    await page.getByText('This receipt does not hold').waitFor()
    await page.getByText('receipt.inclusion').waitFor()
    const other = await otherKey()
    await bring(JSON.stringify(answer.receipt), other)
    await page.getByText('receipt.key-unknown').waitFor()
    await bring(JSON.stringify(answer.receipt), `log ${receipt.log.vkey}\nquorum none\n`)
    await page.getByText('This receipt holds').waitFor()
    await bring(JSON.stringify(answer.receipt), 'log nonsense\nquorum none')
    await page.getByText('What you named as trusted cannot be read.').waitFor()
  })

  test('a promise and a proof file say what they are worth', async () => {
    await bring(JSON.stringify(promised.promise), receipt.log.vkey)
    await page.getByText('This promise is signed by its log').waitFor()
    await page.getByText('That the promise was kept').waitFor()
    const [leaf] = receipt.leaves
    const proof = `c2sp.org/tlog-proof@v1\nindex ${leaf!.index}\n${leaf!.hashes.map((hash) => `${hash}\n`).join('')}\n${receipt.checkpoint}`
    await bring(proof)
    await page.getByText('A proof file carries no key').waitFor()
    await bring(proof, receipt.log.vkey)
    await page.getByText(`Which entry stands at index ${leaf!.index}`).waitFor()
    await bring(proof, receipt.log.vkey, leaf!.entry)
    await page.getByText('The entry stands in the log').waitFor()
    await bring(proof, receipt.log.vkey, leaf!.entry.replace('echo', 'slow'))
    await page.getByText('This proof does not hold').waitFor()
  })

  test('a file can be chosen instead', async () => {
    await bring('')
    const name = `${document}: Choose a file`
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name }).click()
    const buffer = Buffer.from(JSON.stringify(answer.receipt))
    await (await chooser).setFiles({ name: 'receipt.json', mimeType: 'application/json', buffer })
    await page.getByText('This receipt holds').waitFor()
  })

  test('whatever else is brought is text and nothing more', async () => {
    const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    for (const text of [
      hostile,
      JSON.stringify({ type: 'receipt', act: hostile }),
      JSON.stringify({ ...receipt, act: hostile }),
      JSON.stringify({ type: 'promise', log: hostile }),
      `c2sp.org/tlog-proof@v1\nindex 99999999999999999999\n\n${hostile}`,
      '[[[[',
      '{"receipt":null}',
      'null',
    ]) {
      await bring(text, receipt.log.vkey)
      await page.getByText(/does not hold|is neither a receipt/).waitFor()
      expect(await page.locator('main img, main script').count(), text).toBe(0)
    }
    expect(await page.title()).toContain('Verify')
  })

  test('speaks Chinese', async () => {
    await page.getByRole('button', { name: '简体中文' }).click()
    await page.getByRole('textbox', { name: '凭据、证明文件或承诺' }).fill(JSON.stringify(answer.receipt))
    await page.getByText('凭据有效').waitFor()
    await page.getByText('未证明').waitFor()
  })

  test('asked nobody, and broke no rule of its own page', () => {
    expect(browser.complaints).toEqual([])
  })
})

describe.skipIf(executable === undefined)('the logs in the console', () => {
  test('says of each how long it is, by which key it signs, and how much disk there is', async () => {
    await prepareConsole()
    await using node = await startTestNode()
    await using browser = await openBrowser(node.url, desk)
    const { page } = browser
    const { person } = await node.ambit.people.me()
    await page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await page.waitForURL('**/registry')
    await page.goto(`${node.url}/receipts`)
    await page.getByRole('heading', { name: 'The logs' }).waitFor()
    const { ledgers } = await node.ambit.status()
    for (const { origin, vkey } of ledgers) {
      await page.getByRole('heading', { name: origin }).waitFor()
      await page.getByText(vkey).first().waitFor()
    }
    expect(await page.getByText('Not witnessed').count()).toBe(ledgers.length)
    await page.getByText(/of .* free/).waitFor()
    const href = await page
      .getByRole('link', { name: /checkpoint$/ })
      .first()
      .getAttribute('href')
    expect(await (await fetch(`${node.url}${href}`)).text()).toContain(ledgers[0]!.origin)
    await page.getByRole('link', { name: 'Verify' }).click()
    await page.getByRole('heading', { name: 'Verify' }).waitFor()
    expect(browser.complaints).toEqual([])
  })
})

/** A well-formed key of another log. */
async function otherKey(): Promise<string> {
  const name = 'elsewhere.example/log'
  const typed = Buffer.concat([Buffer.of(1), Buffer.alloc(32, 7)])
  const id = createHash('sha256')
    .update(Buffer.concat([Buffer.from(`${name}\n`), typed]))
    .digest('hex')
    .slice(0, 8)
  return `${name}+${id}+${typed.toString('base64')}`
}
