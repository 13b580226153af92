import type { Acs } from './acs.ts'

/** Which schemes of addresses belong to which transport. */
const schemes: Readonly<Record<string, readonly string[]>> = {
  JSONRPC: ['https:', 'http:'],
  HTTP_JSON: ['https:', 'http:'],
  AMQP: ['amqps:', 'amqp:'],
}

/** Stands in the address of an AMQP end point until the registry has given the agent its identity code. */
const placeholder = '{AIC}'

/** The address with the identity code in the place that was left for it (ACS, end points). */
export function withAic(url: string, aic: string): string {
  return url.replaceAll(placeholder, aic)
}

/**
 * What a registry of ACPs refuses beside what the schema says: every end point lists a scheme of mutual TLS, transport
 * and address fit, and the schemes that are asked for are declared. One sentence for each; none where it may be
 * registered.
 *
 * @example
 * acsProblems(acs) // ['endPoints.0 lists no scheme of mutual TLS']
 */
export function acsProblems({ endPoints, securitySchemes }: Acs): string[] {
  const problems: string[] = []
  const typeOf = (name: string) =>
    Object.hasOwn(securitySchemes, name) ? securitySchemes[name]?.type : undefined
  for (const [at, { url, transport, security = [] }] of endPoints.entries()) {
    const where = `endPoints.${at}`
    const names = security.flatMap((each) => Object.keys(each))
    if (!names.some((name) => typeOf(name) === 'mutualTLS')) {
      problems.push(`${where} lists no scheme of mutual TLS`)
    }
    if (names.some((name) => typeOf(name) === undefined)) {
      problems.push(`${where} asks for a security scheme that is not declared`)
    }
    const fitting = Object.hasOwn(schemes, transport) ? schemes[transport] : undefined
    if (fitting === undefined) problems.push(`${where} has a transport that ACPs does not know`)
    else if (!fitting.includes(URL.parse(withAic(url, '0'))?.protocol ?? '')) {
      problems.push(`${where} has an address that does not fit its transport`)
    }
  }
  return problems
}
