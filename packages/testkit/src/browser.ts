interface Sent {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** A browser without a screen: keeps cookies by name and path, goes where it is told, and follows nothing by itself. */
export class TestBrowser {
  readonly #origin: string
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>()

  constructor(origin: string) {
    this.#origin = origin
  }

  /** As if the person had signed in to the console here. */
  signIn(session: string): void {
    this.#cookies.set('ambit_session', { value: session, path: '/' })
  }

  signOut(): void {
    this.#cookies.delete('ambit_session')
  }

  async get(address: string): Promise<Response> {
    return await this.#send(address, { headers: { accept: 'text/html' } })
  }

  /** A page of this node sends JSON; `headers` are those that a browser would add or leave out otherwise. */
  async post(address: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return await this.#send(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: this.#origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body: JSON.stringify(body),
    })
  }

  async #send(address: string, options: Sent): Promise<Response> {
    const url = new URL(address, this.#origin)
    const cookies = [...this.#cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
    const headers = { ...options.headers, ...(cookies.length > 0 ? { cookie: cookies.join('; ') } : {}) }
    const answer = await fetch(url, { ...options, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name = '', value = ''] = pair.split('=')
    const path = attributes.find((each) => each.toLowerCase().startsWith('path='))?.slice(5) ?? '/'
    const over = attributes.some((each) => /^(?:max-age=0|expires=thu, 01 jan 1970.*)$/i.test(each))
    if (over) this.#cookies.delete(name)
    else this.#cookies.set(name, { value, path })
  }
}
