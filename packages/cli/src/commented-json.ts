/** JSON as editors keep it: with comments and with commas before a closing bracket. Throws a SyntaxError as JSON does. */
export function parseCommentedJson(text: string): unknown {
  return JSON.parse(plainJson(text))
}

/** The same value in plain JSON. What stands in strings stays as it is. */
export function plainJson(text: string): string {
  const start = text.startsWith('\ufeff') ? 1 : 0
  const withoutComments = text
    .slice(start)
    .replaceAll(/("(?:[^"\\]|\\[^])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, string?: string) => string ?? ' ')
  return withoutComments.replaceAll(
    /("(?:[^"\\]|\\[^])*")|,(?=\s*[}\]])/g,
    (_, string?: string) => string ?? '',
  )
}
