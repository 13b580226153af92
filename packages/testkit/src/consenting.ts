import { TestBrowser } from './browser.ts'

/** What a person is asked, as the API gives it. */
export interface AskedConsent {
  readonly id: string
  readonly client: { readonly id: string; readonly name: string; readonly known: string }
  readonly redirectHost: string
  readonly resource: string
  readonly purpose: string
  readonly suggested: readonly { readonly target: string; readonly capability: string }[]
  readonly records: readonly { readonly slug: string; readonly capabilities: readonly { id: string }[] }[]
}

const triesMax = 5

/** Asks again where the node says that too many were begun at once: a quick machine begins more than a person would. */
export async function patiently<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await ask()
    if (answer.status !== 429 || tries === triesMax) return answer
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Opens the address of a client's request in a browser where that session is. */
export async function openRequest(node: string, session: string, address: string) {
  const browser = new TestBrowser(node)
  browser.signIn(session)
  const begun = await patiently(async () => await browser.get(address))
  const page = begun.headers.get('location') ?? ''
  if (begun.status !== 303 || !page.startsWith('/oauth/consent/'))
    throw new Error(`no page to decide on: ${begun.status} ${page} ${await begun.text()}`)
  return { browser, page, api: `/api/oauth/consents/${page.split('/').at(-1)}` }
}

/** The person says yes to these entries; gives the address the browser is sent back to, with the code in it. */
export async function agree(node: string, session: string, address: string, choice: object) {
  const { browser, api } = await openRequest(node, session, address)
  const consent = (await (await browser.get(api)).json()) as AskedConsent
  const answer = await browser.post(api, { purpose: 'Desk work', ...choice })
  if (answer.status !== 200) throw new Error(`not let in: ${await answer.text()}`)
  const { location, mandate } = (await answer.json()) as { location: string; mandate: string }
  const back = await browser.get(location)
  return { consent, mandate, browser, back: new URL(back.headers.get('location') ?? 'http://nowhere') }
}
