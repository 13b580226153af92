import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { problemOf } from '@ambit/core/fault'
import type { Fault } from '@ambit/core/fault'

/** Answers with RFC 9457 problem details, where no binding of A2A has a form for errors: cards and pushes. */
export function answerProblem(
  response: ServerResponse,
  fault: Fault,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.destroyed || response.writableEnded) return
  const body = JSON.stringify(problemOf(fault))
  response.writeHead(fault.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
