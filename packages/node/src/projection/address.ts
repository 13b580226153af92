import { isIP } from 'node:net'
import type { AddressGuard } from '../net/address.ts'

/** Members of any of the formats that hold an address. */
export const addressMembers: ReadonlySet<string> = new Set([
  'url',
  'uri',
  'src',
  'href',
  'iconUrl',
  'logoUrl',
  'documentationUrl',
  'webAppUrl',
  'websiteUrl',
  'authorizationUrl',
  'tokenUrl',
  'refreshUrl',
  'openIdConnectUrl',
  'oauth2MetadataUrl',
  'registryBaseUrl',
  'governanceUri',
  'x-caChallengeBaseUrl',
  'additionalInterfaces',
])

/** Schemes that an address of an agent or of a page about it may have. */
const schemes: ReadonlySet<string> = new Set([
  'https:',
  'http:',
  'amqps:',
  'amqp:',
  'grpc:',
  'grpcs:',
  'wss:',
  'ws:',
])
/** Names and not places: nothing is fetched from there. */
const nameSchemes: ReadonlySet<string> = new Set(['urn:', 'did:', 'mailto:', 'data:'])
/** Would run in the page of whoever follows it, wherever it stands. */
const running = /^[\s\p{Cc}]*(?:javascript|vbscript|data:(?!image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]))/iu
const data = /^data:/i
const innerNames = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|intranet)\.?$/i

/**
 * Why a text of a document may not stand in a record; undefined when it may. Names are judged as they are written:
 * where they lead is looked at again whenever the node itself goes there.
 */
export function addressProblem(text: string, isAddress: boolean, guard: AddressGuard): string | undefined {
  if (runs(text)) return 'an address of this kind runs in the page of whoever follows it'
  if (!isAddress || data.test(text)) return undefined
  if (/[\s\p{Cc}]/u.test(text)) return 'an address holds blanks or control characters'
  return fillings(text)
    .map((filled) => filledProblem(filled, guard))
    .find((problem) => problem !== undefined)
}

const template = /\{[^{}]*\}/g
const wholeHost = /^[a-z]+:\/\/\{[^{}]*\}(?:[/:?#]|$)/i

/**
 * An address with something in the places of a template (server.json) or of the identity code: what will stand there is
 * not known. A digit shows what is part of an address in numbers.
 */
function fillings(text: string): readonly string[] {
  if (text.search(template) < 0) return [text]
  return ['x', ...(wholeHost.test(text) ? [] : ['1'])].map((filler) => text.replaceAll(template, filler))
}

function filledProblem(text: string, guard: AddressGuard): string | undefined {
  const url = URL.parse(text)
  // A path, a fragment, or `host:port` of gRPC: judged as the host it would be.
  if (url === null) return hostProblem(text.split(/[/?#]/, 1)[0] ?? '', guard)
  if (nameSchemes.has(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '')
    return 'an address carries a password, and a record is public'
  if (schemes.has(url.protocol)) return hostProblem(url.hostname, guard)
  // `agent.example:443` reads like a scheme.
  if (/^[a-z0-9.-]+:\d{1,5}(?:\/|$)/i.test(text)) return hostProblem(text.split(':', 1)[0] ?? '', guard)
  return `an address has the scheme ${url.protocol.slice(0, 20)}, which agents do not use`
}

/** `javascript:` in any text that begins with it; a sentence about JavaScript does not. */
function runs(text: string): boolean {
  const found = running.exec(text)
  if (found === null) return false
  return data.test(text.trim()) || /^[\s\p{Cc}]*(?:javascript|vbscript)[\s\p{Cc}]*:/iu.test(text)
}

function hostProblem(host: string, guard: AddressGuard): string | undefined {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d{1,5}$/, '')
  if (isIP(name) !== 0) {
    return guard.allows(name) ? undefined : 'an address leads into a private network, or to this machine'
  }
  if (!innerNames.test(name)) return undefined
  const isLocal = /(?:^|\.)localhost\.?$/i.test(name)
  if (isLocal && (guard.allows('127.0.0.1') || guard.allows('::1'))) return undefined
  return 'an address names a host of a private network, or this machine'
}
