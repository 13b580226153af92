import type { IncomingMessage, ServerResponse } from 'node:http'

/** One protocol's side of the listening socket: which addresses are its own, and how it answers them. */
export interface DataPath {
  /** `path` as it stands in the request line, with or without its query. */
  claims(path: string): boolean
  /** Answers in every case and never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void
}
