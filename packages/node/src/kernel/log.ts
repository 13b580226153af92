import { pino } from 'pino'

/** One event name and its fields; no sentences, no secrets, no text of agents. */
export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

export function createLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Log {
  const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
  return {
    info: (event, fields = {}) => sink.info(fields, event),
    warn: (event, fields = {}) => sink.warn(fields, event),
    error: (event, fields = {}) => sink.error(fields, event),
  }
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
