/** What the registry asks of the proofs of domains; whoever keeps them implements it. In memory. */
export interface ProvedDomains {
  /** Whether the host is a domain that the organisation proved, or lies below one. */
  isProved(organization: string, host: string): boolean
  /** Names of the organisations that proved a domain, but for that one. */
  namesOfOthers(organization: string): Iterable<string>
  /** Whether a record is activated only when all its addresses lie in proved domains. */
  readonly required: boolean
}

/** Nobody proved anything: for rooms that have no such proofs. */
export const nothingProved: ProvedDomains = {
  isProved: () => false,
  namesOfOthers: () => [],
  required: false,
}
