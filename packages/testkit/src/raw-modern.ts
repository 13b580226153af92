/** One request as a client of 2026-07-28 that does nothing by itself. */
export interface ModernRequest {
  readonly token: string
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
  /** Of the client; as it is sent with every request. */
  readonly capabilities?: Readonly<Record<string, unknown>>
  /** Further members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** In place of those that belong to the request; an empty one is left out. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface ModernReply {
  readonly status: number
  /** The JSON-RPC answer; of a stream, its last message. */
  readonly message: {
    readonly result?: Json
    readonly error?: { code: number; message: string; data?: Json }
  }
}

// A test says what it expects of a message; what is not there fails it.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = Record<string, any>

const version = '2026-07-28'

/** Sends it and gives the response as it begins; a stream is the caller's to read. */
export async function openModern(url: string, request: ModernRequest): Promise<Response> {
  const { method, params = {}, token, capabilities = {}, meta = {} } = request
  const name = params['name'] ?? params['uri'] ?? params['taskId']
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  })
  for (const [key, value] of Object.entries(request.headers ?? {})) {
    if (value === '') headers.delete(key)
    else headers.set(key, value)
  }
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    ...meta,
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } })
  return await fetch(url, { method: 'POST', headers, body, signal: request.signal ?? null })
}

export async function sendModern(url: string, request: ModernRequest): Promise<ModernReply> {
  const response = await openModern(url, request)
  const text = await response.text()
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const last = isStream
    ? text
        .split('\n')
        .findLast((line) => line.startsWith('data: '))
        ?.slice(6)
    : text
  return { status: response.status, message: JSON.parse(last ?? 'null') as ModernReply['message'] }
}

/** The messages of a stream, one after the other. */
export async function* messagesOf(response: Response): AsyncGenerator<Json> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true })
    const lines = text.split('\n')
    text = lines.pop()!
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as Json
  }
}
