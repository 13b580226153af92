import type { Allow, Constraint } from '@ambit/core/mandate'
import type { AllowQuestion } from '@ambit/core/mandate/allowed'
import { inheritBounds } from '@ambit/core/mandate/narrowing'
import { effects } from '@ambit/core/record'

/** Numbers between 0 and 1 that look like chance and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

// Small domains, so that entries meet each other and acts often; the odd values are those that break naive checks.
const targets = ['*', 'mail', '1.2.156.1', 'bank'] as const
const patterns = ['*', 'send*', 'send', 'send_all', 's*', 'read'] as const
const names = ['to', 'amount', 'note', 'constructor'] as const
const texts = [
  'ann',
  'ann/',
  'ann/x',
  'ann/../x',
  'ann/．．/x',
  'an\u200bn',
  'a',
  'ｂ',
  '5',
  '５',
  'constructor',
]
const numbers = [-1, 0, 1, 5, 10, 100]
const nested = [['ann'], ['eve'], { to: 'ann' }, { to: 'ann', cc: 'eve' }, {}, []]
const odd = [undefined, null, true, NaN, Infinity, 5n]
const schemas = [
  { type: 'string', maxLength: 4 },
  { type: 'array', items: { enum: ['ann', 'bob'] } },
  { type: 'object', properties: { to: { const: 'ann' } }, additionalProperties: false },
] as const
const places = ['home', 'office', 'elsewhere'] as const
export const spokenWords = ['', 'write to ann', 'pay ann/x 5 or 100', '给“ann/” 5 元'] as const

/** Draws what tests of narrowing need by the million: entries, tighter ones, and acts. */
export class MandateDraw {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)]!
  }

  chance(share: number): boolean {
    return this.#random() < share
  }

  entries(): Allow[] {
    return Array.from({ length: this.pick([1, 2, 3, 4]) }, () => ({
      target: this.pick(targets),
      capability: this.pick(patterns),
      ...this.#bounds(0.3),
    }))
  }

  /** Entries as an honest holder makes them: some of those above, each tightened; not every one is narrower. */
  tighter(above: readonly Allow[]): Allow[] {
    return Array.from({ length: this.pick([1, 2, 3]) }, () => {
      const base = this.pick(above)
      const target = base.target === '*' ? this.pick(targets) : base.target
      const capability = this.chance(0.5) ? base.capability : this.pick(patterns)
      return inheritBounds({ target, capability, ...this.#bounds(0.2) }, [base])
    })
  }

  act(words: AllowQuestion['words']): AllowQuestion {
    return {
      target: this.pick([
        { id: '1.2.156.1', slug: 'mail' },
        { id: '1.2.156.2', slug: 'bank' },
      ]),
      capability: this.pick(['send', 'send_all', 'read', 's']),
      effect: this.pick(effects),
      arguments: this.chance(0.03) ? this.pick<unknown>([...odd, 'text', []]) : this.#arguments(),
      place: this.pick([undefined, ...places]),
      confidentiality: this.pick([0, 1, 2, 3]),
      words,
    }
  }

  #arguments(): Record<string, unknown> {
    const given: Record<string, unknown> = {}
    for (const name of names) if (this.chance(0.8)) given[name] = this.#value()
    return given
  }

  #value(): unknown {
    const kind = this.#random()
    if (kind < 0.5) return this.pick(texts)
    if (kind < 0.8) return this.pick(numbers)
    return kind < 0.93 ? this.pick<unknown>(nested) : this.pick<unknown>(odd)
  }

  #bounds(share: number): Omit<Allow, 'target' | 'capability'> {
    return {
      ...(this.chance(share) ? { effect: this.pick(effects) } : {}),
      ...(this.chance(share) ? { arguments: this.#constraints() } : {}),
      ...(this.chance(share / 2) ? { places: [this.pick(places), this.pick(places)] } : {}),
      ...(this.chance(share) ? { confidentiality: this.pick([0, 1, 2, 3] as const) } : {}),
      ...(this.chance(share) ? { decision: this.pick(['autonomous', 'ask', 'user'] as const) } : {}),
    }
  }

  #constraints(): Record<string, Constraint> {
    const bounds: Record<string, Constraint> = {}
    for (const name of names) if (this.chance(0.35)) bounds[name] = this.#constraint()
    return bounds
  }

  #constraint(): Constraint {
    return {
      ...(this.chance(0.15) ? { eq: this.pick(['ann', 'ann/x', 5, 100]) } : {}),
      ...(this.chance(0.2) ? { in: [this.pick(['ann', 'ann/', 'a']), this.pick([5, 'ann/x', 10])] } : {}),
      ...(this.chance(0.2) ? { prefix: this.pick(['a', 'an', 'ann', 'ann/']) } : {}),
      ...(this.chance(0.15) ? { min: this.pick(numbers) } : {}),
      ...(this.chance(0.15) ? { max: this.pick(numbers) } : {}),
      ...(this.chance(0.15) ? { schema: this.pick(schemas) } : {}),
      ...(this.chance(0.1) ? { fromUser: this.chance(0.8) } : {}),
      ...(this.chance(0.1) ? { fromTrusted: this.chance(0.8) } : {}),
    }
  }
}
