import { LocalDelivery } from '@ambit/node/bus/local'
import type { Bus, BusMessage } from '@ambit/node/bus/bus'
import { silentLog } from '@ambit/node/kernel/log'

/** The bus of one of two replicas in a test. */
export interface PairedBus extends Bus {
  /** What the other one publishes does not reach this one. */
  deaf: boolean
  /** One message of the other, whatever it does not hear else. */
  hear(subject: string, message: BusMessage): void
  /** As after messages were missed; resolves when all rooms have looked. */
  heal(): Promise<void>
}

/** The buses of two replicas, without a broker between them: what one publishes reaches the other in the same turn. */
export function busPair(): [PairedBus, PairedBus] {
  const [left, right] = [new LocalDelivery(silentLog), new LocalDelivery(silentLog)]
  const one: PairedBus = pairedBus(left, (subject, message) => {
    if (!two.deaf) right.deliver(subject, message, 'elsewhere')
  })
  const two: PairedBus = pairedBus(right, (subject, message) => {
    if (!one.deaf) left.deliver(subject, message, 'elsewhere')
  })
  return [one, two]
}

function pairedBus(local: LocalDelivery, send: Bus['publish']): PairedBus {
  const heals = new Set<() => Promise<void>>()
  return {
    deaf: false,
    publish(subject, message) {
      local.deliver(subject, message, 'here')
      send(subject, message)
    },
    tell: (subject, message) => local.deliver(subject, message, 'here'),
    subscribe: (subject, listen) => local.subscribe(subject, listen),
    onGap(heal) {
      heals.add(heal)
      return () => heals.delete(heal)
    },
    // A test that ended closed the store below a look that was under way.
    missed: () => undefined,
    hear: (subject, message) => local.deliver(subject, message, 'elsewhere'),
    async heal() {
      for (const heal of heals) await heal()
    },
    async [Symbol.asyncDispose]() {
      local.clear()
    },
  }
}
