/**
 * What an agent of 0.3 said, by its translation into 1.0. A caller of 0.3 gets the former again: a translation there and
 * back keeps the meaning, the original keeps every word. A translation that something on the way replaced by another
 * value has no original any more, and is translated back.
 */
const originals = new WeakMap<object, unknown>()

export function keepOriginal(translation: unknown, original: unknown): void {
  if (typeof translation === 'object' && translation !== null) originals.set(translation, original)
}

export function originalOf(translation: unknown): unknown {
  return typeof translation === 'object' && translation !== null ? originals.get(translation) : undefined
}
