/** What a problem says: the members of RFC 9457 that every refusal of a node has, with ours (`code`, `where`, `remedy`). */
export interface ProblemDetails {
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** A row of the node's fault table, or `client.unreachable`, `client.timeout`, `client.unreadable`. */
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly where?: string
  readonly remedy: string
}

/**
 * A refusal of the node, or the lack of any answer.
 *
 * @example
 * ```ts
 * try {
 *   await ambit.records.activate('mailer')
 * } catch (error) {
 *   if (error instanceof AmbitProblem && error.code === 'record.state') console.log(error.remedy)
 *   else throw error
 * }
 * ```
 */
export class AmbitProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly where: string | undefined
  readonly remedy: string
  /** All members of the answer, those of later versions included. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(details: ProblemDetails, members: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(`${details.code}: ${details.detail}`, cause === undefined ? undefined : { cause })
    this.name = 'AmbitProblem'
    this.status = details.status
    this.code = details.code
    this.title = details.title
    this.detail = details.detail
    this.where = details.where
    this.remedy = details.remedy
    this.members = members
  }
}

/** Reads a refusal. An answer that is no problem document came from something that is no node: that is said instead. */
export function problemOfAnswer(status: number, answer: unknown): AmbitProblem {
  const members = isObject(answer) ? answer : {}
  const text = (name: string) => {
    const value = members[name]
    return typeof value === 'string' ? value : undefined
  }
  const code = text('code') ?? oauthCode(text('error'))
  if (code === undefined)
    return unreadable(`the answer had the status ${status} and was not one of a node`, status)
  const where = text('where')
  return new AmbitProblem(
    {
      status,
      code,
      title: text('title') ?? (text('error') === undefined ? code : 'The node gave no token'),
      detail: text('detail') ?? text('error_description') ?? code,
      ...(where === undefined ? {} : { where }),
      remedy: text('remedy') ?? 'Look the code up in the fault reference.',
    },
    members,
  )
}

/** The endpoints of OAuth have errors of their own form (RFC 6749 section 5.2); those of a node carry our code where there is one. */
function oauthCode(error: string | undefined): string | undefined {
  return error !== undefined && /^[a-z_]{1,60}$/.test(error) ? `oauth.${error}` : undefined
}

export function unreadable(detail: string, status: number, cause?: unknown): AmbitProblem {
  return new AmbitProblem(
    {
      status,
      code: 'client.unreadable',
      title: 'The answer is not one of an Ambit node',
      detail,
      remedy: 'Check the address; a proxy in between may have answered instead.',
    },
    {},
    cause,
  )
}

export function unreachable(url: string, cause: unknown): AmbitProblem {
  return new AmbitProblem(
    {
      status: 0,
      code: 'client.unreachable',
      title: 'No node answers at that address',
      detail: `no answer came from ${url}`,
      where: url,
      remedy: 'Check that the node is running (`npm start`) and that the address is right.',
    },
    {},
    cause,
  )
}

export function timedOut(url: string, timeoutMs: number): AmbitProblem {
  return new AmbitProblem({
    status: 0,
    code: 'client.timeout',
    title: 'The node took too long to answer',
    detail: `no answer came within ${timeoutMs} ms`,
    where: url,
    remedy: 'Try again; if it stays so, look at the status and the log of the node.',
  })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
