import type { Profile } from '@ambit/core/record'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import { describe, expect, test } from 'vitest'
import { desk as wide, executable, openBrowser, prepareConsole } from './console-browser.ts'

/* Whoever is asked too much answers lists, in the console of a real node. */

/** How long what was approved may take until it is done and shown. */
const settled = { timeout: 10_000 }

const mail: Profile = {
  effect: 'egress',
  reversibility: 2,
  roles: { to: 'sink', text: 'content' },
  integrity: {},
  dataClasses: ['personal'],
}

describe.skipIf(executable === undefined)('a person who is asked too much', () => {
  test('reads why single approvals rest, and answers the whole list', async () => {
    await prepareConsole()
    const desk = await startDeskServer()
    const node = await startTestNode({ env: { AMBIT_APPROVAL_ASKS_MAX: '2', AMBIT_APPROVAL_QUICK_MAX: '1' } })
    try {
      await bringOnline(node.ambit, { url: desk.url }, 'desk')
      await node.ambit.records.accept('desk', { profiles: { send_mail: mail } })
      const { token } = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'ask' }])
      await using browser = await openBrowser(node.url, wide)
      const { page } = browser
      const { person } = await node.ambit.people.me()
      await page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
      await page.waitForURL('**/registry')
      const ask = async (text: string) =>
        await rawCall(node.port, { token, name: 'send_mail', args: { to: 'a@example.com', text } })
      // Whoever waits until the page lets them is never too quick for the node.
      await ask('one')
      await page.goto(`${node.url}/approvals`)
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Approved and done').waitFor()
      expect((await node.ambit.approvals.lists()).rest).toBe(false)

      for (const text of ['two', 'three']) await ask(text)
      await page.getByText('Single approvals rest').waitFor()
      const list = page.getByRole('article').filter({ hasText: '2 requests of' })
      await list.getByRole('button', { name: 'Approve all 2' }).click()
      await expect.poll(() => page.getByText('Approved and done').count(), settled).toBe(3)
      expect(desk.sent.map(({ text }) => text).toSorted()).toEqual(['one', 'three', 'two'])
      expect(browser.complaints).toEqual([])
    } finally {
      await node[Symbol.asyncDispose]()
      await desk.close()
    }
  })
})
