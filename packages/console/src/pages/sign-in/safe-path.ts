/** The longest address that is gone on to. */
const pathCharactersMax = 500

/** The path on this site to go on to after signing in; anything that could lead elsewhere is dropped. */
export function safePath(value: unknown): string | undefined {
  const isPath =
    typeof value === 'string' && value.length <= pathCharactersMax && /^\/(?![/\\])[^\\\s]*$/.test(value)
  return isPath ? value : undefined
}
