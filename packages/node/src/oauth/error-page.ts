import { visible } from '@ambit/core/visible'

const textCharactersMax = 500

/** Of the one plain page of this room: nothing from elsewhere, and no frame around it. */
export const pageHeaders = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** Says in the browser why a client cannot be let in. The words of the client are data: escaped, made visible, cut. */
export function errorPage(
  error: string,
  description: string | undefined,
  reason: string | undefined,
): string {
  const lines = [description, reason].filter((line) => line !== undefined)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ambit</title>
<h1>This client cannot be let in</h1>
${lines.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<p><code>${escaped(error)}</code></p>
<p>Go back to the client and begin again; if that does not help, tell whoever makes it what stands here.</p>
</html>
`
}

function escaped(text: string): string {
  return visible(text)
    .slice(0, textCharactersMax)
    .replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
