import type { IncomingMessage, ServerResponse } from 'node:http'

/** One protocol's side of the listening socket: its requests come to it straight from there. */
export interface DataPath {
  /** Of the path without its query. Called for every request, so it must be cheap. */
  claims(path: string): boolean
  /** Host and Origin were checked. Answers in every case and never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Ends what would stay open by itself (streams that tell of changes), so that a node that stops waits for acts only. */
  close?(): void
}
