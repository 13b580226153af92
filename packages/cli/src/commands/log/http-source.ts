import { setTimeout } from 'node:timers/promises'
import { Fault } from '@ambit/core/fault'
import { fileBytesMax } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'

export interface HttpLimits {
  /** For one file, from the request to its last byte. */
  readonly timeoutMs: number
  /** How often a file is asked for, when the answer was that of a server in trouble, or none. */
  readonly tries: number
  /** Before the second try; doubles with each. */
  readonly backOffMs: number
}

export const defaultHttpLimits: HttpLimits = { timeoutMs: 20_000, tries: 4, backOffMs: 500 }

/** A server of one's own may move a file about; more hops are a circle. */
const redirectsMax = 3

type Answer =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' }
  | { readonly kind: 'trouble'; readonly what: string; readonly again: boolean }

/**
 * A log at an address. Everything that it answers is untrusted: bodies are cut where no file of a log is longer, and a
 * redirect to another origin is not followed.
 */
export function httpSource(address: URL, limits: HttpLimits = defaultHttpLimits): LogSource {
  const base = address.href.replace(/\/+$/, '')
  return {
    async read(path) {
      const url = new URL(`${base}/${path}`)
      let answer = await ask(url, path, limits)
      for (let tried = 1; answer.kind === 'trouble' && answer.again && tried < limits.tries; tried++) {
        await setTimeout(limits.backOffMs * 2 ** (tried - 1))
        answer = await ask(url, path, limits)
      }
      if (answer.kind === 'trouble') {
        throw new Fault('ledger.unreachable', { detail: answer.what, where: url.href })
      }
      return answer.kind === 'file' ? answer.bytes : undefined
    },
  }
}

async function ask(url: URL, path: string, limits: HttpLimits): Promise<Answer> {
  const signal = AbortSignal.timeout(limits.timeoutMs)
  try {
    let at = url
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const response = await fetch(at, { signal, redirect: 'manual', credentials: 'omit' })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) {
        return await readAnswer(response, path)
      }
      await response.body?.cancel()
      const next = URL.parse(location, at)
      if (next?.origin !== url.origin) {
        return trouble('the log sends its readers to another origin, which is not followed', false)
      }
      at = next
    }
    return trouble(`the log sends its readers on more than ${redirectsMax} times`, false)
  } catch (error) {
    // Refused, cut off, timed out: a server in trouble looks like this.
    const late = signal.aborted ? `no whole answer within ${limits.timeoutMs} ms` : reasonOf(error)
    return trouble(`the log does not answer: ${late}`, true)
  }
}

async function readAnswer(response: Response, path: string): Promise<Answer> {
  if (response.status === 200) return { kind: 'file', bytes: await readCut(response, fileBytesMax(path) + 1) }
  await response.body?.cancel()
  if (response.status === 404 || response.status === 410) return { kind: 'absent' }
  const again = response.status >= 500 || response.status === 429
  return trouble(`the log answers with the status ${response.status}`, again)
}

/** The body, and no more of it than `bytesMax`: what is longer is wrong anyway. */
async function readCut(response: Response, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels what has not been read.
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    length += piece.length
    if (length >= bytesMax) break
  }
  return Buffer.concat(pieces).subarray(0, bytesMax)
}

function trouble(what: string, again: boolean): Answer {
  return { kind: 'trouble', what, again }
}

/** `fetch` says only that it failed; the system's word for it stands behind that. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : 'unknown'
}
