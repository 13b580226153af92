import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isLegacyVersion, methods } from '@ambit/core/wire/mcp/methods'
import { ownedUri } from '../names/resource-uris.ts'
import type { SeenServer, View } from '../names/view.ts'
import type { RpcError } from './answers.ts'

/** Whose a name or URI is. */
export interface Owned {
  readonly server: SeenServer
  /** Params with the name or URI as the server knows it; undefined where they hold nothing of this node's. */
  readonly write: Rename | undefined
}

export type Rename = (params: JsonObject) => JsonObject

/** Finds the server that a request for one thing means. */
export function ownerOf(
  view: View,
  method: string,
  params: JsonObject,
  protocolIn: string,
): Owned | { readonly error: RpcError } {
  switch (method) {
    case methods.promptsGet: {
      const { name } = params
      if (typeof name !== 'string') return invalid('`params.name` is a string')
      return found(promptOwner(view, name), (own) => (all) => ({ ...all, name: own })) ?? noPrompt(view)
    }
    case methods.resourcesRead: {
      const { uri } = params
      if (typeof uri !== 'string') return invalid('`params.uri` is a string')
      return (
        found(uriOwner(view, uri), (own) => (all) => ({ ...all, uri: own })) ?? noResource(uri, protocolIn)
      )
    }
    case methods.complete:
      return completing(view, params, protocolIn)
    default:
      return view.plainOwner === undefined
        ? invalid('it does not say which server is meant')
        : { server: view.plainOwner, write: undefined }
  }
}

function completing(
  view: View,
  params: JsonObject,
  protocolIn: string,
): Owned | { readonly error: RpcError } {
  const { ref } = params
  if (!isObject(ref) || !isObject(params['argument']))
    return invalid('`params` has a `ref` and an `argument`')
  const { type, name, uri } = ref
  if (type === 'ref/prompt' && typeof name === 'string') {
    const write = (own: string) => (all: JsonObject) => ({ ...all, ref: { ...ref, name: own } })
    return found(promptOwner(view, name), write) ?? noPrompt(view)
  }
  if (type === 'ref/resource' && typeof uri === 'string') {
    const write = (own: string) => (all: JsonObject) => ({ ...all, ref: { ...ref, uri: own } })
    return found(uriOwner(view, uri), write) ?? noResource(uri, protocolIn)
  }
  return invalid('`params.ref` is a `ref/prompt` with a name or a `ref/resource` with a uri')
}

interface OwnName {
  readonly server: SeenServer
  /** Undefined: as it came. */
  readonly own: string | undefined
}

function found(owner: OwnName | undefined, write: (own: string) => Rename): Owned | undefined {
  if (owner === undefined) return undefined
  return { server: owner.server, write: owner.own === undefined ? undefined : write(owner.own) }
}

/** Where one server is seen, every name is its own, also one that looks as if a server's name stood before it. */
function promptOwner(view: View, name: string): OwnName | undefined {
  const at = name.indexOf('_')
  const server = view.single || at < 1 ? undefined : view.server(name.slice(0, at))
  return server === undefined ? plain(view) : { server, own: name.slice(at + 1) }
}

export function uriOwner(view: View, uri: string): OwnName | undefined {
  const owned = ownedUri(uri)
  const server = owned === undefined ? undefined : view.server(owned.slug)
  return server === undefined ? plain(view) : { server, own: owned?.uri }
}

function plain(view: View): OwnName | undefined {
  // Also a server of which nothing may be used, so that the refusal is recorded with its reason.
  const server = view.plainOwner ?? (view.slug === undefined ? undefined : view.server(view.slug))
  return server && { server, own: undefined }
}

function invalid(message: string): { readonly error: RpcError } {
  return { error: { code: errorCodes.invalidParams, message } }
}

function noPrompt(view: View): { readonly error: RpcError } {
  const slugs = view.servers.map(({ target }) => target.slug).join(', ')
  return invalid(`no such prompt; prompts are named <server>_<prompt>, with one of: ${slugs}`)
}

/** `-32602` since 2026-07-28, `-32002` before; the URI stands in `data` in both. */
function noResource(uri: string, protocolIn: string): { readonly error: RpcError } {
  const code = isLegacyVersion(protocolIn.slice('mcp/'.length))
    ? errorCodes.resourceNotFound
    : errorCodes.invalidParams
  return { error: { code, message: 'no server here has that resource', data: { uri } } }
}
