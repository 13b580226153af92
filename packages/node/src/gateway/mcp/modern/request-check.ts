import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion, supportedVersions } from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import { headerValue } from '../headers.ts'
import type { McpHeaders } from '../headers.ts'
import type { RpcError } from '../operations/answers.ts'

/** In which way a request is none of 2026-07-28 (basic, "Per-request protocol fields"; basic/transports). */
export function requestError(headers: McpHeaders, message: JsonRpcRequest): RpcError | undefined {
  const meta = message.params?.['_meta']
  const version = isObject(meta) ? meta[metaKeys.protocolVersion] : undefined
  if (typeof version !== 'string' || !isObject(meta))
    return invalid(`\`params._meta\` has no \`${metaKeys.protocolVersion}\``)
  if (!isObject(meta[metaKeys.clientCapabilities]))
    return invalid(`\`params._meta\` has no \`${metaKeys.clientCapabilities}\``)
  const mismatch = headerMismatch(headers, message, version)
  if (mismatch !== undefined) return { code: errorCodes.headerMismatch, message: mismatch }
  if (version === modernVersion) return undefined
  const data = { supported: supportedVersions, requested: version }
  return {
    code: errorCodes.unsupportedVersion,
    message: 'requests of that version do not have this form',
    data,
  }
}

/** Name, URI or task of a request, which the header `Mcp-Name` repeats. */
export function nameOf({ method, params }: JsonRpcRequest): unknown {
  const member = method === methods.toolsCall ? 'name' : operations[method]?.name
  return member === undefined ? undefined : params?.[member]
}

/** The headers must say what the body says: whoever routes by one must not be misled. */
function headerMismatch(headers: McpHeaders, message: JsonRpcRequest, version: string): string | undefined {
  if (headers.duplicate !== undefined) return `the header ${headers.duplicate} may stand only once`
  if (headers.version === undefined) return 'the header MCP-Protocol-Version is missing'
  if (version !== headers.version.trim())
    return 'the header MCP-Protocol-Version is not the version in `_meta`'
  if (headers.method === undefined) return 'the header Mcp-Method is missing'
  if (headers.method.trim() !== message.method) return 'the header Mcp-Method is not the method of the body'
  const name = nameOf(message)
  // A request that lacks its name is told so where it is read.
  if (name === undefined) return undefined
  if (headers.name === undefined) return 'the header Mcp-Name is missing'
  const value = headerValue(headers.name)
  if (value === undefined) return 'the header Mcp-Name holds no valid base64'
  return value === name ? undefined : 'the header Mcp-Name is not the name in the body'
}

function invalid(message: string): RpcError {
  return { code: errorCodes.invalidParams, message }
}
