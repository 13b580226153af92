/** Severities of RFC 5424, mildest first, as MCP names them (2025-11-25 server/utilities/logging). */
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']

export function isLogLevel(level: unknown): level is string {
  return typeof level === 'string' && levels.includes(level)
}

/** Whether a message of that level is wanted; a client that set none gets all, and an unknown level counts as grave. */
export function isWanted(level: unknown, from: string | undefined): boolean {
  if (from === undefined || !isLogLevel(level)) return true
  return levels.indexOf(level) >= levels.indexOf(from)
}
