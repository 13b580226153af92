import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Bus, BusMessage } from './bus.ts'
import { openEnvelope, payloadBytesMax, sealEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { Healing } from './healing.ts'
import type { Dial, Line } from './line.ts'
import { LocalDelivery } from './local.ts'
import type { Revision } from './revision.ts'
import { Sequence } from './sequence.ts'

export interface SharedBusParts {
  /** Id of this replica. */
  readonly self: string
  /** Name of the stream, sealed into each message. */
  readonly stream: string
  /** 32 bytes that all replicas derive from the master key. */
  readonly key: Buffer
  readonly revision: Pick<Revision, 'raise' | 'changed' | 'remember'>
  /** Undefined: there is no broker, and the replica only looks at the store. */
  readonly dial: Dial | undefined
  readonly clock: Clock
  readonly log: Log
}

export interface SharedBus extends Bus {
  /** Whether what is published here reaches others now, and theirs reaches this one. True without a broker. */
  readonly connected: boolean
  /** A replica ended: what it had written and not said is looked for. */
  replicaEnded(): void
}

/** How often a replica says that it is there, and checks that it hears itself. */
const hereMs = 2000
/** A line on which it did not hear itself for this long is given up. */
const deafMs = 5000
/** How often the store is looked at while others cannot be heard. */
const lookMs = 10_000
const redialMs = 250
const redialMsMax = 5000
/** Messages that the broker has not taken yet; what is beyond is not sent, and the others are told to look. */
const sendingMax = 256
/** Forged messages are counted, and every so many are logged. */
const forgedPerLine = 1000

/**
 * The bus of a node with several replicas: what is published is delivered here in the same turn, and to the others by a
 * broker. Nothing waits in memory for a broker that is away: the store has it, and whoever missed something looks there.
 */
export function openSharedBus(parts: SharedBusParts): SharedBus {
  return new ReplicaBus(parts)
}

class ReplicaBus implements SharedBus {
  readonly #parts: SharedBusParts
  readonly #local: LocalDelivery
  readonly #healing: Healing
  readonly #sequence = new Sequence()
  #line: Line | undefined
  #number = 0
  #sending = 0
  /** Something was published that the others may not have heard. */
  #owing = false
  #heardSelfAt = 0
  #forged = 0
  #closed = false
  #dialing: Promise<void> = Promise.resolve()
  #cancels = new Set<() => void>()

  constructor(parts: SharedBusParts) {
    this.#parts = parts
    const { clock, log, revision } = parts
    this.#local = new LocalDelivery(log)
    this.#healing = new Healing(clock, log, async () => await revision.remember())
    this.#every(lookMs, async () => await this.#lookAtStore())
    if (parts.dial === undefined) return
    this.#every(hereMs, async () => this.#sayHere())
    this.#dialing = this.#keepLine(parts.dial)
  }

  get connected(): boolean {
    return this.#parts.dial === undefined || this.#line !== undefined
  }

  publish(subject: string, message: BusMessage): void {
    this.#local.deliver(subject, message, 'here')
    this.#parts.revision.raise()
    if (this.#parts.dial === undefined) return
    this.#number++
    this.#send({ said: { subject, message } })
  }

  tell(subject: string, message: BusMessage): void {
    this.#local.deliver(subject, message, 'here')
  }

  subscribe(...[subject, listen]: Parameters<Bus['subscribe']>): () => void {
    return this.#local.subscribe(subject, listen)
  }

  onGap(heal: () => Promise<void>): () => void {
    return this.#healing.add(heal)
  }

  missed(error: unknown): void {
    this.#parts.log.error('bus.not-looked-up', { error: String(error) })
    this.#healing.ask('the store did not answer')
  }

  replicaEnded(): void {
    this.#healing.ask('a replica ended')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const cancel of this.#cancels) cancel()
    this.#healing.close()
    await this.#line?.[Symbol.asyncDispose]()
    await this.#dialing
    this.#local.clear()
  }

  #send(what: Pick<Envelope, 'said' | 'look'>): void {
    const line = this.#line
    const { key, stream, self: from } = this.#parts
    const envelope = { from, number: this.#number, seen: this.#sequence.last, ...what }
    const payload = line && sealEnvelope(key, stream, envelope)
    if (line === undefined || payload!.length > payloadBytesMax || this.#sending >= sendingMax) {
      this.#owing = true
      return
    }
    this.#sending++
    line
      .send(payload!)
      .catch((error: unknown) => {
        this.#owing = true
        this.#parts.log.warn('bus.not-sent', { error: String(error) })
        // Whatever is wrong with it, a new line finds or makes the stream, and tells the others to look.
        if (line === this.#line) void line[Symbol.asyncDispose]()
      })
      .finally(() => {
        this.#sending--
      })
  }

  /** Says that it is there with its number, or that others could not hear it. */
  #sayHere(): void {
    if (this.#line === undefined) return
    if (this.#parts.clock.monotonicMs() - this.#heardSelfAt > deafMs) {
      this.#parts.log.warn('bus.deaf')
      void this.#line[Symbol.asyncDispose]()
      return
    }
    const owed = this.#owing
    this.#owing = false
    this.#send(owed ? { look: true } : {})
  }

  /** While others cannot be heard. */
  async #lookAtStore(): Promise<void> {
    if (this.#parts.dial !== undefined && this.#line !== undefined) return
    if (await this.#parts.revision.changed()) this.#healing.ask('the store changed')
  }

  async #keepLine(dial: Dial): Promise<void> {
    const { log } = this.#parts
    for (let failures = 0; !this.#closed;) {
      try {
        const line = await dial((payload, number) => this.#receive(payload, number))
        failures = 0
        await this.#serve(line)
        log.warn('bus.disconnected')
      } catch (error) {
        if (failures === 0) log.warn('bus.away', { error: String(error) })
        failures++
      }
      if (!this.#closed) await this.#pause(Math.min(redialMsMax, redialMs * 2 ** Math.max(0, failures - 1)))
    }
  }

  async #serve(line: Line): Promise<void> {
    if (!this.#closed) {
      this.#sequence.restart()
      this.#line = line
      this.#heardSelfAt = this.#parts.clock.monotonicMs()
      this.#parts.log.info('bus.connected')
      // Whatever was said while it was away, here or elsewhere, is in the store.
      this.#healing.ask('connected')
      this.#owing ||= this.#number > 0
      this.#sayHere()
      await line.lost
    }
    this.#line = undefined
    await line[Symbol.asyncDispose]()
  }

  /** Attacker-controlled: everyone who reaches the broker can send. */
  #receive(payload: Uint8Array, number: number): void {
    const { key, stream, self } = this.#parts
    const missing = this.#sequence.advance(number)
    const envelope = openEnvelope(key, stream, payload)
    if (missing) this.#healing.ask('numbers of the stream are missing')
    if (envelope === undefined) {
      if (this.#forged++ % forgedPerLine === 0) this.#parts.log.warn('bus.not-ours', { count: this.#forged })
      return
    }
    if (envelope.from === self) {
      this.#heardSelfAt = this.#parts.clock.monotonicMs()
      return
    }
    const place = this.#sequence.place(envelope)
    if (place === 'old') {
      this.#parts.log.warn('bus.said-before', { replica: envelope.from, number: envelope.number })
      return
    }
    if (envelope.said !== undefined)
      this.#local.deliver(envelope.said.subject, envelope.said.message, 'elsewhere')
    if (envelope.look === true) this.#healing.ask('a replica was not heard')
    else if (place === 'gap') this.#healing.ask('messages of a replica are missing')
  }

  #every(ms: number, run: () => Promise<void>): void {
    let cancel: () => void
    const plan = (): void => {
      cancel = this.#parts.clock.after(ms, () => {
        this.#cancels.delete(cancel)
        run()
          .catch((error: unknown) => this.#parts.log.warn('bus.look-failed', { error: String(error) }))
          .finally(() => {
            if (!this.#closed) plan()
          })
      })
      this.#cancels.add(cancel)
    }
    plan()
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(ms, done)
      const end = (): void => {
        cancel()
        done()
      }
      const cancels = this.#cancels
      cancels.add(end)
      function done(): void {
        cancels.delete(end)
        resolve()
      }
    })
  }
}
