import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import type { Addresses, OwnPlace } from '../address/address.ts'
import type { Log } from '../kernel/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { faultOf, sendProblem } from './problem.ts'

/** One protocol at the address of one agent. Host was checked. Answers in every case. */
export interface OwnPath {
  own(request: IncomingMessage, response: ServerResponse, place: OwnPlace): void
}

/** Something that anyone may read of an agent in force. Throws `input.not-found`. */
export interface OwnDocument {
  readonly contentType: string
  readonly read: (target: Target) => Promise<object>
}

export interface OwnAddressParts {
  readonly addresses: Pick<Addresses, 'at'>
  readonly registry: Pick<Registry, 'target' | 'takedowns'>
  readonly a2a: OwnPath
  readonly mcp: OwnPath
  /** By path. */
  readonly documents: ReadonlyMap<string, OwnDocument>
  readonly log: Log
}

/**
 * What answers at the addresses that agents have of their own: one agent's card, its protocols and its documents, and
 * nothing of the node itself.
 */
export interface OwnAddresses {
  /** Undefined: the connection came to an address of the node. */
  at(localAddress: string | undefined): OwnAddress | undefined
}

export interface OwnAddress {
  /** Takes one request; `before` reads who sent it, before a protocol gets it. */
  serve(request: IncomingMessage, response: ServerResponse, before: Before): void
}

/** A promise where something has to be fetched first; false: whoever sent it is not connected any more. */
type Before = () => Promise<boolean> | undefined

/** Seconds a document may be kept, as those below the node's address. */
const maxAgeS = 60
const cardPaths: ReadonlySet<string> = new Set(['/.well-known/agent-card.json', '/.well-known/agent.json'])
/** States after which nobody is there any more. */
const over: ReadonlySet<Target['state']> = new Set(['recalled', 'retired'])

export function createOwnAddresses(parts: OwnAddressParts): OwnAddresses {
  return {
    at(localAddress) {
      const owner = parts.addresses.at(localAddress)
      if (owner === undefined) return undefined
      return {
        serve(request, response, before) {
          const served = serving(parts, owner.record, localAddress!, request)
          if (served instanceof Fault) {
            sendProblem(response, served)
            request.resume()
            return
          }
          // It reads the request as it came, so that what was signed of it is what is looked at.
          const waiting = before()
          const go = (isThere: boolean) => {
            if (isThere) safely(parts.log, response, () => served(request, response))
            else request.destroy()
          }
          if (waiting === undefined) go(true)
          else void waiting.then(go)
        },
      }
    },
  }
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void

function serving(
  parts: OwnAddressParts,
  record: string | undefined,
  address: string,
  request: IncomingMessage,
): Serve | Fault {
  const { url = '', headers } = request
  if (!url.startsWith('/')) return invalidTarget
  const origin = originOf(address, request)
  // Nobody who means this address has another name for it, and a page that made its own name lead here has one.
  if (hostOf(headers.host) !== `[${address}]`) return unknownHost
  if (headers.origin !== undefined && headers.origin !== origin) return unknownOrigin
  if (record === undefined) return nobody
  const target = parts.registry.target(record)
  const isDown = parts.registry.takedowns.tombstone(record) !== undefined
  if (target === undefined || isDown || over.has(target.state)) return gone
  const path = pathOf(url)
  const place = { target, origin }
  if (path === '/a2a' || path.startsWith('/a2a/') || cardPaths.has(path))
    return (asked, response) => parts.a2a.own(asked, response, place)
  if (path === '/mcp') return (asked, response) => parts.mcp.own(asked, response, place)
  const document = parts.documents.get(path)
  return document === undefined ? nothing : (asked, response) => void send(document, target, asked, response)
}

const invalidTarget = new Fault('input.invalid', {
  detail: 'the request target is not a path',
  where: 'path',
})
const unknownHost = new Fault('request.host', {
  detail: 'an agent answers at its address by that address alone, in brackets',
  where: 'host',
})
const unknownOrigin = new Fault('request.host', {
  detail: 'this address is not for pages of others',
  where: 'origin',
})
const nobody = new Fault('input.not-found', { detail: 'no agent has that address', where: 'host' })
const gone = new Fault('address.gone', { detail: 'it was taken out of service', where: 'host' })
const readOnly = new Fault('request.method', { detail: 'this address takes GET and HEAD', where: 'method' })
const nothing = new Fault('input.not-found', {
  detail: 'one agent answers here: its card, /a2a, /mcp and its documents, and nothing else',
  where: 'path',
})

/** Of `Host: [2001:db8::1]:7100`, the address in its brackets. */
function hostOf(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:]{2,45}\])(?::\d{1,5})?$/.exec(header?.toLowerCase() ?? '')?.[1]
}

function originOf(address: string, { socket }: IncomingMessage): string {
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http'
  return `${scheme}://[${address}]:${socket.localPort}`
}

async function send(
  { contentType, read }: OwnDocument,
  target: Target,
  { method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    sendProblem(response, readOnly)
    return
  }
  try {
    const body = JSON.stringify(await read(target))
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': `public, max-age=${maxAgeS}`,
      'x-content-type-options': 'nosniff',
    })
    response.end(body)
  } catch (error) {
    sendProblem(response, faultOf(error))
  }
}

function safely(log: Log, response: ServerResponse, run: () => void): void {
  try {
    run()
  } catch (error) {
    log.error('http.own-address-failed', { error: String(error) })
    sendProblem(response, faultOf(error))
  }
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}
