import { Resolver } from 'node:dns/promises'

/** Looks up the TXT records of a name, each joined to one text. None: an empty list. Throws when nobody answers. */
export interface TextRecords {
  find(name: string): Promise<readonly string[]>
}

const timeoutMs = 4000
const tries = 2
/** A name with more of them is no place for one of ours. */
const recordsMax = 50
/** RFC 1035 and 2308: there is no such name, or nothing of that type. */
const absent = new Set(['ENOTFOUND', 'ENODATA'])

/** `servers`: `address` or `address:port`; left out, those of this machine. */
export function createTextRecords(servers: readonly string[] | undefined): TextRecords {
  const resolver = new Resolver({ timeout: timeoutMs, tries })
  if (servers !== undefined) resolver.setServers(servers)
  return {
    async find(name) {
      try {
        const records = await resolver.resolveTxt(name)
        return records.slice(0, recordsMax).map((parts) => parts.join(''))
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        if (absent.has(code)) return []
        throw error
      }
    },
  }
}
