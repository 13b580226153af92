import type { Ambit } from '@ambit/sdk/client'
import { registerAgent } from '@ambit/testkit/agent-record'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { phoneSize } from './console-browser.ts'

/** The domain that the provider of the record below says is its own. */
export const providerDomain = 'harbour.example'

export async function signInAs(page: Page, ambit: Ambit, person?: string): Promise<void> {
  const id = person ?? (await ambit.people.me()).person.id
  await page.goto((await ambit.people.signInLink(id)).signInLink)
  await page.waitForURL('**/registry')
}

/** The part of a page under a heading. */
export function section(page: Page, title: string): Locator {
  return page.locator('section').filter({ has: page.getByRole('heading', { name: title, level: 2 }) })
}

/** Nothing is wider than the phone. */
export async function expectNarrow(page: Page): Promise<void> {
  const width = await page.locator('html').evaluate((html) => html.scrollWidth)
  expect(width).toBeLessThanOrEqual(phoneSize.width)
}

/** Chooses a way of the menu of a record, and gives the dialog that it opens. */
export async function chooseMore(page: Page, way: string): Promise<Locator> {
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: way }).click()
  return page.getByRole('dialog')
}

/** A record with everything that its page shows; gives its identity code. */
export async function makeRecords(ambit: Ambit, url: string): Promise<string> {
  await registerAgent(ambit, 'old-parser', { name: { en: 'Old parser' } })
  const { digest } = await ambit.records.get('old-parser')
  await ambit.records.recall('old-parser', { note: 'it reads dates wrongly' })
  await ambit.records.register({ url, slug: 'desk', responsible: { name: 'Lin Qiao' } })
  const { record } = await ambit.records.get('desk')
  const { id, organization: _organization, keys: _keys, ...members } = record
  await ambit.records.apply({
    ...members,
    version: '2.1.0',
    name: { en: 'Travel desk', zh: '差旅台' },
    provider: {
      organization: 'Harbour Works',
      department: 'Travel',
      country: 'CN',
      domains: [providerDomain],
    },
    deployment: { where: 'cloud', jurisdiction: 'CN', region: 'cn-north-4' },
    scenarios: ['travel'],
    supplies: [
      { kind: 'record', name: 'Old parser', version: '1.0.0', digest },
      ...Array.from({ length: 9 }, (_, at) => ({ kind: 'package', name: `library-${at}` })),
    ],
  })
  await ambit.records.accept('desk')
  await ambit.records.submit('desk')
  await ambit.records.activate('desk')
  return id
}
