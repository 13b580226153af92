import { Fault } from '@ambit/core/fault'
import type { FastifyInstance } from 'fastify'

/** Files that anyone may read by their path: published logs and, at the empty path, the list of them. */
export type PublicFiles = (path: string) => Promise<PublicFile | undefined>

export interface PublicFile {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly cacheControl: string
}

/**
 * Serves each set of files below `/log/<name>/`, and the list of its logs with or without the slash; any page may read
 * them, so that a browser can verify receipts.
 */
export function addPublicFiles(app: FastifyInstance, files: ReadonlyMap<string, PublicFiles>): void {
  for (const url of ['/log/:name', '/log/:name/*']) {
    app.route<{ Params: { name: string; '*'?: string } }>({
      method: 'GET',
      url,
      async handler({ params }, reply) {
        void reply
          .header('access-control-allow-origin', '*')
          .header('cross-origin-resource-policy', 'cross-origin')
        const file = await files.get(params.name)?.(params['*'] ?? '')
        if (file === undefined) throw noFile()
        return await reply
          .header('cache-control', file.cacheControl)
          .type(file.contentType)
          .send(Buffer.from(file.bytes))
      },
    })
  }
}

function noFile(): Fault {
  return new Fault('input.not-found', {
    detail: 'there is no such file of a log',
    where: 'path',
    remedy:
      'Read the list of logs at `/log/activity/`, then the `checkpoint` of one: it says how large that is.',
  })
}
