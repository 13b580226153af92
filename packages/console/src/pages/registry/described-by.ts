import type { Description } from '../../api/formats.ts'

/** What was pasted, dropped or typed, as the API takes it; undefined while there is nothing. */
export function describedBy(source: string, url: string): Description | 'not-json' | undefined {
  if (source.trim() === '') return url.trim() === '' ? undefined : { url: url.trim() }
  try {
    const value: unknown = JSON.parse(source)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not-json'
    return { document: value as Readonly<Record<string, unknown>> }
  } catch {
    // Said beside the field, while it is typed.
    return 'not-json'
  }
}
