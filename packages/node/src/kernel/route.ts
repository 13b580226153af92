import type { z } from 'zod'

/** Roles of a person in an organisation, in the order of what they may do. */
export type RoleName = 'owner' | 'approver' | 'operator' | 'auditor'

/** Who calls the control API. */
export interface Caller {
  /** Principal id of the person. */
  readonly person: string
  readonly organization: string
  readonly roles: readonly RoleName[]
  /** How they proved it: a console session (cookie) or an API token. Only a session may approve. */
  readonly by: 'session' | 'token'
  /** Id of the session or API token; absent where no credential was shown (tests, the node itself). */
  readonly credential?: string
}

/** What a route may know of a request, and nothing of the HTTP server. */
export interface RouteRequest<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  /** Undefined only for routes with `access: 'public'`. */
  readonly caller: Caller
  readonly signal: AbortSignal
  /** Address the request came to, e.g. `http://localhost:7100`. */
  readonly origin: string
}

export interface RouteReply<R> {
  readonly status?: number
  readonly body: R
  readonly headers?: Readonly<Record<string, string>>
}

/** A stream of server-sent events instead of one answer. */
export interface RouteStream {
  readonly events: AsyncIterable<{ readonly event: string; readonly data: unknown; readonly id?: string }>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/api/records/:slug` */
  readonly path: string
  /** One sentence for the API reference. */
  readonly summary: string
  /** Roles of which the caller needs one; `public`: nobody is asked; `person`: anyone signed in. */
  readonly access: 'public' | 'person' | readonly RoleName[]
  /** True: only a person with a console session, never a token (approvals). */
  readonly sessionOnly?: boolean
  /** True: only people of the organisation that runs the node; what it does concerns all of them. */
  readonly nodeOnly?: boolean
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly reply: z.ZodType
  readonly status: number
  readonly handle: (request: RouteRequest<never, never, never>) => Promise<RouteReply<unknown> | RouteStream>
}

interface RouteOptions<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  readonly method: Route['method']
  readonly path: string
  readonly summary: string
  readonly access: Route['access']
  readonly sessionOnly?: boolean
  readonly nodeOnly?: boolean
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly reply: R
  readonly status?: number
  readonly handle: (
    request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Promise<RouteReply<z.input<R>> | RouteStream>
}

/** Declares a route of the control API; http/ adapts it to the server, contracts/ to OpenAPI. */
export function route<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
>(options: RouteOptions<P, Q, B, R>): Route {
  const { handle, ...rest } = options
  // The server parses params, query and body by the schemas above before it calls, which is what makes this true.
  return { status: 200, ...rest, handle }
}
