import { Fault } from '@ambit/core/fault'

/** Deeper than any document of ours; what reads a body by recursion would run out of stack far beyond it. */
const depthMax = 100
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

const quote = 0x22
const backslash = 0x5c
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])

/** Reads the JSON of a request; an empty body is none. Every refusal says where in the body. */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  refuseDepth(bytes)
  let text: string
  try {
    text = strictUtf8.decode(bytes)
  } catch (error) {
    throw invalid('the body is not UTF-8 text', 'body', error)
  }
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw invalid('the body is not JSON', `body${placeOf(error)}`, error)
  }
}

/** The engine's message repeats what was sent, so that only the position is taken from it. */
function placeOf(error: unknown): string {
  const position = error instanceof SyntaxError ? /\(line (\d+) column (\d+)\)/.exec(error.message) : null
  return position === null ? '' : `, line ${position[1]} column ${position[2]}`
}

function refuseDepth(bytes: Buffer): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (inString) {
      if (byte === backslash) at += 1
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (openers.has(byte)) {
      depth += 1
      if (depth > depthMax) throw invalid(`the body nests deeper than ${depthMax} levels`, `body, byte ${at}`)
    } else if (closers.has(byte)) depth -= 1
  }
}

function invalid(detail: string, where: string, cause?: unknown): Fault {
  return new Fault('input.invalid', { detail, where, cause })
}
