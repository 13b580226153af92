import type { Log } from '../kernel/log.ts'
import type { Bus, BusMessage } from './bus.ts'

type Listener = (message: BusMessage, subject: string) => void

/** The bus of a node that is alone: delivers in the same turn, in order. A listener that throws is logged; others go on. */
export function createLocalBus(log: Log): Bus {
  const listeners = new Map<string, Set<Listener>>()
  function deliver(key: string, message: BusMessage, subject: string): void {
    for (const listen of listeners.get(key) ?? []) {
      try {
        listen(message, subject)
      } catch (error) {
        log.error('bus.listener-failed', { subject, error: String(error) })
      }
    }
  }
  return {
    publish(subject, message) {
      deliver(subject, message, subject)
      for (let dot = subject.lastIndexOf('.'); dot > 0; dot = subject.lastIndexOf('.', dot - 1)) {
        deliver(`${subject.slice(0, dot)}.*`, message, subject)
      }
    },
    subscribe(subject, listen) {
      const set = listeners.get(subject) ?? new Set()
      listeners.set(subject, set)
      set.add(listen)
      return () => set.delete(listen)
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
    },
  }
}
