import type { Log } from '../kernel/log.ts'
import type { Bus, BusListener, BusMessage, Origin } from './bus.ts'

/** Delivers in the same turn, in order. A listener that throws is logged; others go on. */
export class LocalDelivery {
  readonly #listeners = new Map<string, Set<BusListener>>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  subscribe(subject: string, listen: BusListener): () => void {
    const set = this.#listeners.get(subject) ?? new Set()
    this.#listeners.set(subject, set)
    set.add(listen)
    return () => set.delete(listen)
  }

  deliver(subject: string, message: BusMessage, from: Origin): void {
    this.#deliverTo(subject, message, subject, from)
    for (let dot = subject.lastIndexOf('.'); dot > 0; dot = subject.lastIndexOf('.', dot - 1))
      this.#deliverTo(`${subject.slice(0, dot)}.*`, message, subject, from)
  }

  clear(): void {
    this.#listeners.clear()
  }

  #deliverTo(key: string, message: BusMessage, subject: string, from: Origin): void {
    for (const listen of this.#listeners.get(key) ?? []) {
      try {
        listen(message, subject, from)
      } catch (error) {
        this.#log.error('bus.listener-failed', { subject, error: String(error) })
      }
    }
  }
}

/** The bus of a node that is alone. */
export function createLocalBus(log: Log): Bus {
  const local = new LocalDelivery(log)
  const publish = (subject: string, message: BusMessage) => local.deliver(subject, message, 'here')
  return {
    publish,
    tell: publish,
    subscribe: (subject, listen) => local.subscribe(subject, listen),
    // Nothing is missed within one process.
    onGap: () => () => undefined,
    missed: (error) => log.error('bus.not-looked-up', { error: String(error) }),
    async [Symbol.asyncDispose]() {
      local.clear()
    },
  }
}
