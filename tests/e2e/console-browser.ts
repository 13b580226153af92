import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromiumPath } from '@ambit/testkit/services'
import { chromium } from 'playwright-core'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** Path of the browser, or undefined (and a line that says so) where the machine has none. */
export const executable = chromiumPath()
if (executable === undefined) console.log('skipped: the console in a browser (no Chromium on this machine)')

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const phoneSize = { width: 390, height: 844 }
export const phone = { viewport: phoneSize, hasTouch: true, isMobile: true }
export const desk = { viewport: { width: 1280, height: 800 } }

/** Whatever a page does, it does within this; a step that takes longer has gone wrong. */
const stepTimeoutMs = 10_000

/** A browser with an empty profile. */
export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  /** Whatever any page complained of; one that offends its own policy or asks elsewhere shows up here. */
  readonly complaints: string[]
  newPage(): Promise<Page>
}

/** Opens a browser that may ask nothing of any origin but this one. */
export async function openBrowser(origin: string, options: BrowserContextOptions): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'ambit-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    locale: 'en-GB',
    // Without motion a box stands where it will stay as soon as it is there.
    reducedMotion: 'reduce',
    acceptDownloads: true,
    ...options,
    args: flags,
    executablePath: executable ?? '',
  })
  const complaints: string[] = []
  context.setDefaultTimeout(stepTimeoutMs)
  const watched = (page: Page): Page => {
    watch(page, origin, complaints)
    return page
  }
  return {
    context,
    page: watched(context.pages()[0] ?? (await context.newPage())),
    complaints,
    newPage: async () => watched(await context.newPage()),
    async [Symbol.asyncDispose]() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

function watch(page: Page, origin: string, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'blob:') complaints.push(`a request to ${request.url()}`)
  })
}

/** Builds the console into a folder of its own, because a node may be serving the console's dist meanwhile. */
export async function buildConsole(): Promise<string> {
  const dist = await mkdtemp(join(tmpdir(), 'ambit-console-dist-'))
  const vite = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url))
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', dist, '--logLevel', 'error'], {
    cwd: fileURLToPath(new URL('../../packages/console/', import.meta.url)),
  })
  return dist
}

/** Brings the console that nodes serve up to date, as `npm test` does; runs that need it at once wait for each other. */
export async function prepareConsole(): Promise<void> {
  const prepare = fileURLToPath(new URL('../../scripts/prepare.mjs', import.meta.url))
  await promisify(execFile)(process.execPath, [prepare, 'test'])
}
