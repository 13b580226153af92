import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { fileBytesMax } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'

/** A log in a folder, in exactly its public layout: `checkpoint` and `tile/…`, as a mirror or a plain copy has it. */
export function directorySource(directory: string): LogSource {
  return {
    async read(path) {
      const place = join(directory, path)
      try {
        await using file = await open(place, 'r')
        const length = Math.min((await file.stat()).size, fileBytesMax(path) + 1)
        const bytes = Buffer.alloc(length)
        let read = 0
        while (read < length) {
          const { bytesRead } = await file.read(bytes, read, length - read, read)
          if (bytesRead === 0) break
          read += bytesRead
        }
        return bytes.subarray(0, read)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
        throw new Fault('ledger.unreachable', {
          detail: `the file cannot be read: ${String(code)}`,
          where: place,
          cause: error,
        })
      }
    },
  }
}
