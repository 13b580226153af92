import { createHash, randomBytes } from 'node:crypto'
import { fieldsOf } from '@ambit/core/wire/http-signature/message'
import { signatureBase } from '@ambit/core/wire/http-signature/signature'
import type { Shot } from './draft.ts'
import { mutateBytes } from './hostile-bytes.ts'
import type { FuzzAgent } from './identity-bed.ts'
import type { Random } from './random.ts'

export interface SignatureScene {
  readonly random: Random
  readonly at: number
  readonly port: number
  readonly own: FuzzAgent
  readonly other: FuzzAgent
  /** Messages that were taken before. */
  readonly taken: readonly Buffer[]
}

/** A shot, and whether the node may let it in. */
export interface SignatureShot extends Shot {
  readonly admits: 'must' | 'must-not' | 'may'
}

type InnerList = Parameters<typeof signatureBase>[1]

const component = (name: string): InnerList[0][number] => [name, new Map()]

/** As RFC 9421 has it, for names and values that need no escapes; also of what has no signature base. */
function inputText([components, parameters]: InnerList): string {
  const names = components.map(([name]) => `"${String(name)}"`).join(' ')
  const values = [...parameters].map(([name, value]) =>
    typeof value === 'number' ? `;${name}=${value}` : `;${name}="${String(value)}"`,
  )
  return `(${names})${values.join('')}`
}

interface Message {
  method: string
  path: string
  headers: [string, string][]
  body: Buffer
}

const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
const other = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })

/** A signed request, and what somebody on its way may do to it. */
export function signatureShot(scene: SignatureScene): SignatureShot {
  const { random, own, taken } = scene
  if (taken.length > 0 && random.onceIn(10))
    return { ...shotOf(scene, 'said again', random.pick(taken)), admits: 'must-not' }
  const change = random.pick(changes)
  const message: Message = {
    method: 'POST',
    path: '/mcp',
    headers: [
      ['host', `localhost:${scene.port}`],
      ['content-type', 'application/json'],
      ['accept', 'application/json, text/event-stream'],
      ['mcp-protocol-version', '2025-11-25'],
      ['connection', 'close'],
    ],
    body: Buffer.from(ping),
  }
  const digest = (name: string, algorithm: string, body: Buffer) =>
    `${name}=:${createHash(algorithm).update(body).digest('base64')}:`
  const input: InnerList = [
    ['@method', '@target-uri', 'content-digest'].map(component),
    new Map<string, string | number>([
      ['created', Math.floor(Date.now() / 1000)],
      ['nonce', randomBytes(12).toString('hex')],
      ['keyid', `${own.aic}#${own.key.didKey.slice('did:key:'.length)}`],
      ['tag', 'ambit'],
    ]),
  ]
  message.headers.push(['content-digest', digest('sha-256', 'sha256', message.body)])
  change.before?.(input, message, scene)
  sign(input, message, own, scene.port)
  change.after?.(message, scene)
  message.headers.push(['content-length', String(message.body.length)])
  const head = [
    `${message.method} ${message.path} HTTP/1.1`,
    ...message.headers.map(([name, value]) => `${name}: ${value}`),
  ]
  const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), message.body])
  return { ...shotOf(scene, change.what, bytes), admits: change.admits }
}

function sign(input: InnerList, message: Message, own: FuzzAgent, port: number): void {
  const { method, path, headers } = message
  const url = `http://localhost:${port}${path}`
  let value: Buffer
  try {
    value = own.key.sign(Buffer.from(signatureBase({ method, url, field: fieldsOf(headers) }, input)))
  } catch {
    // Covers what is not there: a signature of something else.
    value = randomBytes(64)
  }
  headers.push(['signature-input', `ambit=${inputText(input)}`])
  headers.push(['signature', `ambit=:${value.toString('base64')}:`])
}

interface Change {
  readonly what: string
  readonly admits: SignatureShot['admits']
  /** Signed with it. */
  readonly before?: (input: InnerList, message: Message, scene: SignatureScene) => void
  /** On its way. */
  readonly after?: (message: Message, scene: SignatureScene) => void
}

const parameter =
  (name: string, value: (scene: SignatureScene) => string | number) =>
  (input: InnerList, _: Message, scene: SignatureScene) =>
    void input[1].set(name, value(scene))
const uncovered = (name: string) => (input: InnerList) =>
  void input[0].splice(0, input[0].length, ...input[0].filter(([each]) => each !== name))
const header = (message: Message, name: string, edit: (value: string) => string) => {
  for (const pair of message.headers) if (pair[0] === name) pair[1] = edit(pair[1])
}
const nowS = () => Math.floor(Date.now() / 1000)

const changes: readonly Change[] = [
  { what: 'true', admits: 'must' },
  { what: 'true', admits: 'must' },
  { what: 'another body', admits: 'must-not', after: (message) => void (message.body = Buffer.from(other)) },
  {
    what: 'bytes of the body',
    admits: 'may',
    after: (message, { random }) => void (message.body = mutateBytes(random, message.body)),
  },
  {
    what: 'another body with its digest',
    admits: 'must-not',
    after(message) {
      message.body = Buffer.from(other)
      const digest = createHash('sha256').update(message.body).digest('base64')
      header(message, 'content-digest', () => `sha-256=:${digest}:`)
    },
  },
  {
    what: 'a digest of another body beside the true one',
    admits: 'must-not',
    before: (_, message) =>
      header(
        message,
        'content-digest',
        (value) => `${value}, sha-512=:${randomBytes(64).toString('base64')}:`,
      ),
  },
  { what: 'a query', admits: 'must-not', after: (message) => void (message.path += '?x=1') },
  { what: 'another path', admits: 'must-not', after: (message) => void (message.path = '/mcp/desk') },
  { what: 'an encoded path', admits: 'must-not', after: (message) => void (message.path = '/%6dcp') },
  {
    what: 'an absolute target',
    admits: 'must-not',
    after: (message) => void (message.path = 'http://localhost/mcp'),
  },
  {
    what: 'another name of the node',
    admits: 'must-not',
    after: (message) => header(message, 'host', () => 'elsewhere.example'),
  },
  { what: 'no method covered', admits: 'must-not', before: uncovered('@method') },
  { what: 'no target covered', admits: 'must-not', before: uncovered('@target-uri') },
  { what: 'no digest covered', admits: 'must-not', before: uncovered('content-digest') },
  {
    what: 'a mandate named on the way',
    admits: 'must-not',
    after: (message, { own }) => void message.headers.push(['Ambit-Mandate', own.mandate]),
  },
  {
    what: 'a token added on the way',
    admits: 'must-not',
    after: (message) => void message.headers.push(['authorization', 'Bearer abc']),
  },
  {
    what: 'the mandate of another agent',
    admits: 'must-not',
    before(input, message, { other: { mandate } }) {
      message.headers.push(['ambit-mandate', mandate])
      input[0].push(component('ambit-mandate'))
    },
  },
  {
    what: 'the own mandate',
    admits: 'must',
    before(input, message, { own: { mandate } }) {
      message.headers.push(['ambit-mandate', mandate])
      input[0].push(component('ambit-mandate'))
    },
  },
  {
    what: 'the key of another agent',
    admits: 'must-not',
    before: parameter('keyid', ({ other: { key } }) => key.didKey),
  },
  {
    what: 'the name of another agent',
    admits: 'must-not',
    before: parameter(
      'keyid',
      ({ own, other: { aic } }) => `${aic}#${own.key.didKey.slice('did:key:'.length)}`,
    ),
  },
  { what: 'of yesterday', admits: 'must-not', before: parameter('created', () => nowS() - 86_400) },
  { what: 'of tomorrow', admits: 'must-not', before: parameter('created', () => nowS() + 86_400) },
  { what: 'over', admits: 'must-not', before: parameter('expires', () => nowS() - 1) },
  { what: 'another algorithm', admits: 'must-not', before: parameter('alg', () => 'hmac-sha256') },
  { what: 'no nonce', admits: 'must-not', before: (input) => void input[1].delete('nonce') },
  {
    what: 'a component twice',
    admits: 'must-not',
    before: (input) => void input[0].push(component('@method')),
  },
  {
    what: 'a component of an answer',
    admits: 'must-not',
    before: (input) => void input[0].push(component('@status')),
  },
  {
    what: 'a field that is not there',
    admits: 'must-not',
    before: (input) => void input[0].push(component('x-none')),
  },
  {
    what: 'a time changed on the way',
    admits: 'must-not',
    after: (message) =>
      header(message, 'signature-input', (value) => value.replace(/created=\d+/, `created=${nowS() + 5}`)),
  },
  {
    what: 'a nonce changed on the way',
    admits: 'must-not',
    after: (message) =>
      header(message, 'signature-input', (value) => value.replace(/nonce="[^"]+"/, 'nonce="x"')),
  },
  {
    what: 'a field of a signature twice',
    admits: 'must-not',
    after: (message) => void message.headers.push(['signature', 'ambit=:AAAA:']),
  },
  {
    what: 'bytes of the fields',
    admits: 'may',
    after(message, { random }) {
      const name = random.pick(['signature-input', 'signature', 'content-digest'] as const)
      const printable = (bytes: Buffer) =>
        bytes
          .toString('latin1')
          .replaceAll(/[^\x20-\x7e]/g, '?')
          .slice(0, 7000)
      header(message, name, (value) => printable(mutateBytes(random, Buffer.from(value))))
    },
  },
]

function shotOf({ at, own }: SignatureScene, what: string, bytes: Buffer): Shot {
  const end = bytes.indexOf('\r\n\r\n')
  const body = bytes.subarray(end + 4)
  return {
    at,
    what,
    holder: own.name,
    verb: 'POST',
    path: '/mcp',
    bytes,
    framed: true,
    body,
    flavour: undefined,
    plain: what === 'true',
  }
}
