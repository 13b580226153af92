/** One key of an agent, and since when it may or may no longer speak for it. */
export interface AgentKey {
  /** did:key */
  readonly key: string
  readonly state: 'active' | 'retired' | 'compromised'
  /** In ms. */
  readonly since: number
  /** How it came: named in the record, rotated by its predecessor, recovered by the responsible person, a certificate. */
  readonly by: 'record' | 'rotation' | 'recovery' | 'certificate'
}

/** The keys of registered agents and the documents that name them (did:web, did:wba, did:key). */
export interface AgentKeys {
  /** In memory: the AIC and organisation whose active key it is. Nobody's key, a retired or a compromised one: undefined. */
  agentOf(key: string): { readonly aic: string; readonly organization: string } | undefined
  /** In memory, newest first. */
  keysOf(aic: string): readonly AgentKey[]
}

/** Told on the bus, `{aic, key}`, when a key was reported compromised: certificates over it are revoked, its acts end. */
export const compromisedKey = 'agent-key.compromised'
