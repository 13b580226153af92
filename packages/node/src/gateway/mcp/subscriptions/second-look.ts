import type { Holder } from '../../../authority/authority.ts'
import { BoundedMap } from '../../../kernel/bounded-map.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Target } from '../../../registry/target.ts'

/** A server that says all the time that its tools changed is looked at this often. */
const betweenMs = 30_000
const rememberedMax = 10_000

export interface SecondLookOptions {
  /** Asks the server what it serves now, with the credentials of that person. */
  probe(target: Target, person: string): Promise<unknown>
  readonly clock: Clock
  /** A look that failed is a matter of the next probe; it is told here. */
  failed(target: Target, error: unknown): void
}

/** Looks at a server that says that its tools changed, so that what differs from what was accepted is held at once. */
export function createSecondLook(options: SecondLookOptions): (target: Target, holder: Holder) => void {
  const looked = new BoundedMap<string, number>(rememberedMax)
  return (target, { subject }) => {
    const now = options.clock.now()
    const last = looked.get(target.id)
    if (last !== undefined && now - last < betweenMs) return
    looked.set(target.id, now)
    options.probe(target, subject).catch((error: unknown) => options.failed(target, error))
  }
}
