import type { Outcome } from '@ambit/core/act'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import { limits } from '../../../kernel/limits.ts'
import type { ActHandle, IngressSink } from '../../gateway.ts'
import { leftOutKey } from '../names/greeting.ts'
import type { SeenServer } from '../names/view.ts'
import { answerError, resultOutcome } from './answers.ts'
import type { OperationRequest } from './operation-request.ts'
import type { PageCursors, Pending } from './page-cursors.ts'
import { resultIn } from './server-sink.ts'
import { showListed } from './shown.ts'
import { submitTo } from './submission.ts'
import type { OperationsOptions } from './submission.ts'

/** Servers asked for one page: enough for most nodes in one go, and no flood of acts from one request. */
const serversPerPageMax = 32
/** A list waits no longer for a server that is slow; it is named as left out. */
const waitMs = 10_000

export interface MergingParts {
  readonly options: OperationsOptions
  readonly cursors: PageCursors
  readonly request: OperationRequest
  readonly capability: ProtocolCapability
  /** Of the result, with the items: `prompts`. */
  readonly member: string
  readonly sink: IngressSink
}

interface Part {
  readonly pending: Pending
  handle: ActHandle | undefined
  /** The server's page, or why it is left out. */
  result: JsonObject | undefined
  /** Of the page. */
  bytes: number
  leftOut: Reason | undefined
  over: boolean
}

/**
 * One list of several servers: an act for each, their items under the names of this node, in the order of the slugs. A
 * server that refuses or fails is named with its reason in `_meta`, and the others are shown.
 */
export class Merging implements ActHandle {
  readonly #with: MergingParts
  #parts: Part[] = []
  /** Servers of a later page. */
  #later: readonly Pending[] = []
  #stopWaiting: () => void = () => undefined
  #open = 0
  #over = false

  constructor(parts: MergingParts) {
    this.#with = parts
  }

  get id(): string {
    return this.#parts[0]?.handle?.id ?? ''
  }

  start(): ActHandle {
    const { request, cursors, capability, sink, options } = this.#with
    const { holder, method, params, view } = request
    const pending =
      params['cursor'] === undefined
        ? view.servers
            .filter((server) => server.has(capability))
            .map(({ target }) => ({ slug: target.slug, cursor: null }))
        : cursors.open(holder.key, method, params['cursor'])
    if (pending === undefined) {
      return answerError(sink, { code: errorCodes.invalidParams, message: 'there is no such cursor' })
    }
    this.#later = pending.slice(serversPerPageMax)
    this.#parts = pending.slice(0, serversPerPageMax).map((each) => ({
      pending: each,
      handle: undefined,
      result: undefined,
      bytes: 0,
      leftOut: undefined,
      over: false,
    }))
    this.#open = this.#parts.length
    this.#stopWaiting = options.clock.after(waitMs, () => this.#giveUp())
    for (const part of this.#parts) this.#ask(part)
    if (this.#parts.length === 0) this.#finish()
    return this
  }

  cancel(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#stopWaiting()
    for (const { handle, over } of this.#parts) if (!over) handle?.cancel(reason)
    const error = { code: 'act.cancelled', detail: reason }
    this.#with.sink.outcome(
      { type: 'outcome', status: 'cancelled', error, startedAt: 0, durationMs: 0 },
      this.id,
    )
  }

  resume(): void {
    // Lists come in one piece; there is nothing to pause.
  }

  #ask(part: Part): void {
    const { request, capability, options } = this.#with
    const { slug, cursor } = part.pending
    const server: SeenServer | undefined = request.view.server(slug)
    if (server === undefined) {
      this.#end(part, undefined, {
        code: 'record.not-active',
        rule: slug,
        what: 'It is no longer registered.',
      })
      return
    }
    const sink = this.#sinkOf(part)
    // The first page of all is what the client asked for; on later ones each server has a cursor of its own.
    const write =
      request.params['cursor'] === undefined ? undefined : (params: JsonObject) => paged(params, cursor)
    part.handle = submitTo(options, request, capability, server, write, sink)
  }

  #sinkOf(part: Part): IngressSink {
    return {
      event: () => true,
      outcome: (outcome) => this.#take(part, outcome),
      asked: () => this.#end(part, undefined, askFirst(part)),
      refused: (decision: Decision) => this.#end(part, undefined, refusal(part, decision)),
      failed: (fault: Fault) => this.#end(part, undefined, failure(part, fault.code, fault.detail)),
    }
  }

  #take(part: Part, { value, wire, error, status }: Outcome): void {
    const bytes = wire && Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
    const result = bytes === undefined ? value : resultIn(bytes)
    if (status === 'completed' && isObject(result)) {
      part.bytes = bytes?.length ?? JSON.stringify(result).length
      this.#end(part, result, undefined)
    } else {
      const { code, detail } = error ?? { code: status, detail: 'it gave no list' }
      this.#end(part, undefined, failure(part, code, detail))
    }
  }

  #end(part: Part, result: JsonObject | undefined, leftOut: Reason | undefined): void {
    if (part.over) return
    part.over = true
    part.result = result
    part.leftOut = leftOut
    this.#open -= 1
    if (this.#open === 0) this.#finish()
  }

  #giveUp(): void {
    for (const part of this.#parts.filter((each) => !each.over)) {
      this.#end(part, undefined, failure(part, 'upstream.timeout', 'It did not answer in time.'))
      part.handle?.cancel('it took longer than a list waits')
    }
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#stopWaiting()
    const { request, cursors, member, sink } = this.#with
    const items: unknown[] = []
    const next: Pending[] = []
    const leftOut: Reason[] = [...request.view.missing]
    let bytes = 0
    for (const { pending, result, leftOut: reason, bytes: more } of this.#parts) {
      if (reason !== undefined) leftOut.push(reason)
      bytes += more
      if (bytes > limits.answerBytesMax && bytes > more) {
        // One page is no larger than one answer may be: this server is asked again for the next.
        next.push(pending)
        continue
      }
      const own = result?.[member]
      if (Array.isArray(own)) for (const item of own) items.push(showListed(item, pending.slug))
      const cursor = result?.['nextCursor']
      if (typeof cursor === 'string') next.push({ slug: pending.slug, cursor })
    }
    next.push(...this.#later)
    const nextCursor = next.length === 0 ? undefined : cursors.seal(request.holder.key, request.method, next)
    if (next.length > 0 && nextCursor === undefined) leftOut.push(tooLong)
    sink.outcome(
      resultOutcome({
        [member]: items,
        ...(nextCursor === undefined ? {} : { nextCursor }),
        ...this.#caching(),
        ...(leftOut.length === 0 ? {} : { _meta: { [leftOutKey]: leftOut } }),
      }),
      this.id,
    )
  }

  /** As long as the server allows that allows the shortest; never wider than private, because a mandate chose the servers. */
  #caching(): JsonObject {
    const ttls = this.#parts.map(({ result }) => result?.['ttlMs'])
    return ttls.length > 0 && ttls.every((ttl) => typeof ttl === 'number')
      ? { ttlMs: Math.min(...ttls), cacheScope: 'private' }
      : {}
  }
}

function paged({ cursor: _ofAll, ...params }: JsonObject, cursor: string | null): JsonObject {
  return cursor === null ? params : { ...params, cursor }
}

const tooLong: Reason = {
  code: 'input.too-large',
  rule: 'page-cursors',
  what: 'The cursors of the servers are too long together: further pages are left out.',
}

function askFirst({ pending: { slug } }: Part): Reason {
  return {
    code: 'user.ask',
    rule: slug,
    what: `${slug}: a person is asked before it is listed.`,
    howToAsk: `List it alone at /mcp/${slug}: there the answer can be waited for.`,
  }
}

function refusal({ pending }: Part, { reasons }: Decision): Reason {
  const [first] = reasons
  return {
    code: first?.code ?? 'act.refused',
    rule: first?.rule ?? '',
    what: `${pending.slug}: ${first?.what ?? 'refused.'}`,
    ...(first?.howToAsk === undefined ? {} : { howToAsk: first.howToAsk }),
  }
}

function failure({ pending }: Part, code: string, detail: string): Reason {
  return { code, rule: pending.slug, what: `${pending.slug}: ${detail}` }
}
