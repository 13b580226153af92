import type { IncomingMessage } from 'node:http'
import { Fault } from '@ambit/core/fault'

/** Reads a whole request body as one Buffer; `done` is called once, with a fault when it is too large or breaks off. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (fault: Fault | undefined, body: Buffer) => void,
): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  let over = false
  function finish(fault: Fault | undefined): void {
    if (over) return
    over = true
    done(
      fault,
      fault !== undefined || first === undefined ? nothing : more === undefined ? first : Buffer.concat(more),
    )
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bytesMax) {
      // What still comes is read and dropped, so that the answer can be delivered.
      finish(
        new Fault('input.too-large', { detail: `the body is larger than ${bytesMax} bytes`, where: 'body' }),
      )
      first = undefined
      more = undefined
      return
    }
    // Ordinary messages arrive in one piece, which is then used as it is.
    if (first === undefined) first = chunk
    else if (more === undefined) more = [first, chunk]
    else more.push(chunk)
  })
  request.on('end', () => finish(undefined))
  request.on('error', () =>
    finish(new Fault('input.invalid', { detail: 'the body broke off', where: 'body' })),
  )
}

const nothing = Buffer.alloc(0)
