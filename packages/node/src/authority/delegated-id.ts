/**
 * A mandate that is handed on in a call bears the call's id, so that whatever is done under it names the act it came
 * from, also after a restart and whether or not the agent passes the trace on. Nobody else may choose such an id.
 */
const form = /^m_([0-9a-f]{32})_d$/

export function delegatedId(act: string): string {
  return `m_${act}_d`
}

/** The act in which the mandate was handed on. */
export function delegatedIn(id: string): string | undefined {
  return form.exec(id)?.[1]
}
