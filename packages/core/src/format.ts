/** Formats of descriptions that a record is read from and written as. */
export const formats = ['a2a', 'mcp', 'acs', 'anp', 'ard', 'ai-catalog'] as const
export type Format = (typeof formats)[number]
