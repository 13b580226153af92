import type { Connection, Options } from './connection.ts'

/** What became of one document of many. */
export interface BatchResult {
  readonly ok: boolean
  readonly slug?: string
  /** AIC. */
  readonly id?: string
  /** Nothing in the document was new. */
  readonly unchanged?: boolean
  readonly problem?: { readonly code: string; readonly detail?: string }
}

/** Many documents at once. */
export function batchCalls({ call }: Pick<Connection, 'call'>) {
  return {
    /** Applies up to 500 documents at once, each with its own result, in their order; `activate` puts them in force. */
    async applyAll(
      documents: readonly unknown[],
      options: { readonly activate?: boolean } = {},
      { signal }: Options = {},
    ) {
      const body = { documents, ...options }
      return await call<{ readonly results: readonly BatchResult[] }>('POST', '/api/records/batch', {
        body,
        signal,
      })
    },
  }
}
