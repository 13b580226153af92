import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import { fetchWhole } from '../net/fetch.ts'
import type { TextRecords } from '../net/text-records.ts'
import type { Upstream } from '../net/upstream.ts'
import { isWithin } from './domain-name.ts'
import type { Way } from './ownership-store.ts'

/** Several organisations may prove one domain, each with a line of its own. */
const fileBytesMax = 8 * 1024
const redirectsMax = 3
const answerMs = 10_000
const redirects = new Set([301, 302, 303, 307, 308])

export interface ProofParts {
  readonly upstream: Upstream
  readonly texts: TextRecords
  readonly clock: Clock
}

export type Found = { readonly way: Way } | { readonly problem: string }

/**
 * Looks for the token where only whoever controls the domain can put it: in a TXT record of `_ambit.<domain>`, or as a
 * line of `https://<domain>/.well-known/ambit-domain`. What is found there is data of a third party: it is compared and
 * never shown.
 */
export async function findProof(parts: ProofParts, domain: string, token: string): Promise<Found> {
  const inDns = await problemOf(async () => {
    const texts = await parts.texts.find(`_ambit.${domain}`)
    return texts.some((text) => text.trim() === token) ? undefined : 'no TXT record of _ambit holds the token'
  })
  if (inDns === undefined) return { way: 'dns' }
  const inFile = await problemOf(async () => {
    const text = await fileOf(parts, domain)
    return text.split('\n').some((line) => line.trim() === token)
      ? undefined
      : 'the file does not hold the token'
  })
  if (inFile === undefined) return { way: 'file' }
  return { problem: `${inDns}; ${inFile}`.slice(0, 500) }
}

async function problemOf(look: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await look()
  } catch (error) {
    // Whatever hinders the look is an answer too: it was not found.
    if (Fault.is(error)) return error.detail
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return `the name servers did not answer (${code.slice(0, 40)})`
  }
}

async function fileOf(parts: ProofParts, domain: string): Promise<string> {
  let url = new URL(`https://${domain}/.well-known/ambit-domain`)
  for (let left = redirectsMax; ; left--) {
    const { status, headers, body } = await fetchOnce(parts, url)
    if (status === 200) return body.toString()
    if (!redirects.has(status)) throw missing(`the file answers with status ${status}`)
    if (left === 0) throw missing(`the file redirects more than ${redirectsMax} times`)
    const { location } = headers
    const next = typeof location === 'string' ? URL.parse(location, url) : null
    const stays =
      next !== null &&
      next.protocol === 'https:' &&
      next.port === '' &&
      next.username === '' &&
      isWithin(next.hostname, domain)
    // Somebody else's server proves nothing, and the node is sent nowhere.
    if (!stays) throw missing('the file redirects out of its domain')
    url = next
  }
}

async function fetchOnce({ upstream, clock }: ProofParts, url: URL) {
  const late = new AbortController()
  const stop = clock.after(answerMs, () => late.abort())
  try {
    return await fetchWhole(
      upstream,
      {
        url,
        method: 'GET',
        headers: ['accept', 'text/plain'],
        body: null,
        headTimeoutMs: answerMs,
        idleTimeoutMs: answerMs,
      },
      fileBytesMax,
      late.signal,
    )
  } finally {
    stop()
  }
}

function missing(detail: string): Fault {
  return new Fault('ownership.not-proved', { detail })
}
