/** Whose a secret is: a caller's, or the node's own for an upstream. */
export type Owner = 'ann' | 'bob' | 'key'
export type HolderName = Exclude<Owner, 'key'>

const form = /CANARY-(ann|bob|key)-[0-9a-z]+/g
let made = 0

/** A secret that nobody but its owner may ever see again. */
export function canaryOf(owner: Owner): string {
  made += 1
  return `CANARY-${owner}-${made.toString(36)}`
}

/** Who sent a message: whose the secret is that it gives as its own text. Other secrets in it may be stolen. */
export function ownerIn(text: string): HolderName | undefined {
  return /(?:"text":"|"a":"|file:\/\/\/)CANARY-(ann|bob)-/.exec(text)?.[1] as HolderName | undefined
}

/** Secrets in a text that are not this owner's. */
export function foreignCanaries(text: string, owner: Owner | undefined): string[] {
  if (!text.includes('CANARY-')) return []
  const found = new Set<string>()
  for (const [canary, of] of text.matchAll(form)) if (of !== owner) found.add(canary)
  return [...found]
}
