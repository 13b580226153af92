/** Long enough for any browser to begin saving. */
const keptMs = 60_000

/** Saves a value as a JSON file: exactly what was shown and checked. */
export function downloadJson(name: string, value: unknown): void {
  save(name, new Blob([JSON.stringify(value, undefined, 2)], { type: 'application/json' }))
}

/** Saves a text as it is. */
export function downloadText(name: string, text: string): void {
  save(name, new Blob([text], { type: 'text/plain;charset=utf-8' }))
}

function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}
