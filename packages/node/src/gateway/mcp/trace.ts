const traceparentForm = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** The trace id in a W3C `traceparent`, as a client sent it; undefined when it is none. */
export function traceIdOf(traceparent: unknown): string | undefined {
  const trace = typeof traceparent === 'string' ? traceparentForm.exec(traceparent)?.[1] : undefined
  return trace === undefined || /^0+$/.test(trace) ? undefined : trace
}
