/** Characters kept at each end. */
const headCharacters = 10
const tailCharacters = 6

/** A long identifier with its middle left out; the whole of it is in the tooltip. */
export function ShortId({ children }: { readonly children: string }) {
  const bare = children.replace(/^(sha256:|did:key:)/, '')
  const short =
    bare.length <= headCharacters + tailCharacters + 2
      ? bare
      : `${bare.slice(0, headCharacters)}…${bare.slice(-tailCharacters)}`
  return (
    <code title={children} className="font-mono text-[0.875em]">
      {short}
    </code>
  )
}
