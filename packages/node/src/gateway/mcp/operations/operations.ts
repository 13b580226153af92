import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { methods } from '@ambit/core/wire/mcp/methods'
import { operations as table } from '@ambit/core/wire/mcp/operation'
import { leftOutMeta } from '../names/greeting.ts'
import type { RpcError } from './answers.ts'
import { answerError, answerResult } from './answers.ts'
import { Merging } from './merging.ts'
import type { OperationRequest, Operations } from './operation-request.ts'
import { ownerOf } from './owner.ts'
import type { Owned } from './owner.ts'
import { PageCursors } from './page-cursors.ts'
import { serverSink } from './server-sink.ts'
import { submitTo, unknownMethod } from './submission.ts'
import type { OperationsOptions } from './submission.ts'

/** The member of a list's result that holds its items. */
const listMembers: Readonly<Record<string, string>> = {
  [methods.resourcesList]: 'resources',
  [methods.resourceTemplatesList]: 'resourceTemplates',
  [methods.promptsList]: 'prompts',
}

/** Requests of clients of both eras that go on to servers. */
export function createOperations(options: OperationsOptions): Operations {
  const cursors = new PageCursors(options.keyring)
  return {
    submit(request, sink) {
      const { view, method } = request
      const operation = table[method]
      if (operation === undefined) return answerError(sink, unknownMethod)
      const { capability } = operation
      const member = listMembers[method]
      if (member !== undefined && !view.single) {
        const { receipt: _ofOneAct, ...rest } = request
        return new Merging({ options, cursors, request: rest, capability, member, sink }).start()
      }
      const owned = member === undefined ? meant(request) : alone(request)
      if ('empty' in owned) {
        return answerResult(sink, { [String(member)]: [], _meta: leftOutMeta(view) })
      }
      if ('error' in owned) return answerError(sink, owned.error)
      const { server, write } = owned
      request.chosen?.(server.target)
      return submitTo(
        options,
        request,
        capability,
        server,
        write,
        serverSink(view, server.target.slug, sink, false),
      )
    },
  }
}

/** The one server behind the address, also when nothing of it may be used, so that the refusal is recorded. */
function alone({ view }: OperationRequest): Owned | { empty: true } {
  const server = view.plainOwner ?? (view.slug === undefined ? undefined : view.server(view.slug))
  return server === undefined ? { empty: true } : { server, write: undefined }
}

function meant({ view, method, params, protocolIn, target }: OperationRequest): Owned | { error: RpcError } {
  // Only the caller knows whose a sealed task is.
  if (target === undefined || table[method]?.name !== 'taskId')
    return ownerOf(view, method, params, protocolIn)
  const server = view.server(target.slug)
  return server === undefined ? { error: gone } : { server, write: undefined }
}

const gone: RpcError = { code: errorCodes.invalidParams, message: 'the server is no longer there' }
