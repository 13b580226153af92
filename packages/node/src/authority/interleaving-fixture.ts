import type { Cost } from './authority.ts'
import { amountIn } from './budgets.ts'
import { costText } from './cost.ts'
import { chanceOf, mandatesBy, measuresOf } from './spending-draw-fixture.ts'
import type { Chance } from './spending-draw-fixture.ts'
import type { Recount } from './spent.ts'
import { RowsInMemory, WorldReplica } from './spending-fixture.ts'
import type { LoggedLeaf, TestClock, WorldAct, WorldMandate } from './spending-fixture.ts'

/*
 * Random interleavings of all that can happen to a budget: reserve, log, send, give back, snapshot, crash, restart,
 * lease, give slices back, be taken for dead and come back. Whatever the order, no mandate is exceeded by what was really
 * sent; and once all is settled, what is left is the limit without what was really sent.
 */

const stepsMax = 40

/** Longer than replicas are silent between two beats, shorter than anybody takes them for dead. */
const stepMs = 5000

/** What one replica is about to settle of another. */
interface Settling {
  readonly id: string
  readonly by: WorldReplica
  readonly recount: Recount
  /** What the log had of it without an outcome when it was counted. */
  readonly open: readonly WorldAct[]
  readonly atMs: number
}

const isOpen = ({ state }: WorldAct): boolean => state === 'logged' || state === 'giving-back'

class World {
  readonly store = new RowsInMemory()
  readonly clock: TestClock
  readonly #newClock: () => TestClock
  readonly log: LoggedLeaf[] = []
  readonly replicas: WorldReplica[] = []
  /** Ended, and nobody has counted yet what they spent. */
  readonly dead: string[] = []
  readonly #settling: Settling[] = []
  readonly #settledMs = new Map<string, number>()
  readonly #counted = new Set<string>()
  /** By replica that ended: what the log has of it without an outcome. */
  readonly #leftOpen = new Map<string, readonly WorldAct[]>()
  readonly happened = new Map<string, number>()
  readonly mandates: readonly WorldMandate[]
  readonly #chains: readonly (readonly string[])[]
  readonly #alone: boolean
  #ids = 0
  readonly #chance: Chance

  constructor(chance: Chance, newClock: () => TestClock) {
    this.#chance = chance
    this.#newClock = newClock
    this.clock = newClock()
    this.mandates = mandatesBy(chance)
    this.#alone = chance(4) === 0
    this.#chains = this.mandates.map(({ id }) => this.#lineage(id))
  }

  async start(): Promise<void> {
    const id = `n_${this.#ids++}`
    const replica = new WorldReplica(id, {
      store: this.store,
      clock: this.clock,
      newClock: this.#newClock,
      mandates: this.mandates,
      logSize: () => this.log.length,
      living: this.#alone
        ? undefined
        : () => (this.replicas.length === 0 ? [id] : this.replicas.map((each) => each.id)),
    })
    this.replicas.push(replica)
    this.store.prompt = true
    this.store.answer()
    await replica.begin()
    if (this.#alone) await this.#recount(replica)
    this.store.prompt = this.#chance(2) === 0
    await this.turn()
  }

  async step(): Promise<void> {
    if (this.replicas.length === 0) await this.start()
    const replica = this.replicas[this.#chance(this.replicas.length)]
    const acts = replica?.acts ?? []
    const act = acts[this.#chance(Math.max(1, acts.length))]
    switch (this.#chance(22)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 16:
      case 17:
        this.#reserve(replica)
        break
      case 4:
      case 5:
      case 18:
      case 19:
      case 20:
      case 21:
        if (replica !== undefined && act !== undefined) this.#goOn(replica, act)
        break
      case 6:
        if (replica !== undefined && act !== undefined) this.#giveUp(replica, act)
        break
      case 7:
        void replica?.snapshot(this.log.length)
        break
      case 8:
        await this.#advance(1000)
        break
      case 9:
        if (replica !== undefined && this.#chance(3) === 0) this.#crash(replica)
        break
      case 10:
        if (this.replicas.length < (this.#alone ? 1 : 3)) await this.start()
        break
      case 11:
        for (const id of this.dead.splice(0)) await this.#beginSettling(id)
        break
      case 12:
        await this.#finishSettling()
        break
      case 13:
        await this.#pause(replica)
        break
      default:
        this.store.answer(1 + this.#chance(2))
    }
    await this.turn()
    this.#checkExceeded()
  }

  /** Every act comes to its end, every process too, and all is settled. */
  async end(): Promise<void> {
    this.store.prompt = true
    this.store.answer()
    await this.turn()
    for (const replica of this.replicas.slice()) {
      replica.isPaused = false
      await this.#advance(8000)
      for (const act of replica.acts.slice()) {
        for (let step = 0; step < 3 && replica.acts.includes(act); step++) {
          if (act.state === 'giving-back') this.#giveUp(replica, act)
          else this.#goOn(replica, act)
        }
      }
      this.#crash(replica)
    }
    for (const id of this.dead.splice(0)) await this.#beginSettling(id)
    await this.#finishSettling()
    this.#checkExceeded()
    await this.start()
    this.store.prompt = true
    this.store.answer()
    const last = this.replicas[0]!
    await last.budgeting.leased()
    for (const { id, limits } of this.mandates) {
      for (const [measure, max] of measuresOf(limits)) {
        const sent = this.happened.get(`${id} ${measure}`) ?? 0
        const left = last.left(id, measure)
        if (left !== max - sent)
          throw new Error(`${id}: ${left} ${measure} are left, and ${sent} were spent of ${max}`)
      }
    }
  }

  /** What was promised comes to pass. */
  async turn(): Promise<void> {
    for (const replica of this.replicas) replica.advance(0)
    for (let at = 0; at < 12; at++) await Promise.resolve()
  }

  #lineage(id: string): string[] {
    const { parent } = this.mandates.find((mandate) => mandate.id === id)!
    return [...(parent === undefined ? [] : this.#lineage(parent)), id]
  }

  #reserve(replica: WorldReplica | undefined): void {
    const chain = this.#chains[this.#chance(this.#chains.length)]!
    const currency = this.#chance(2) === 0 ? 'EUR' : 'JPY'
    const cost: Cost = {
      calls: 1 + (this.#chance(8) === 0 ? 1 : 0),
      bytesOut: this.#chance(6),
      money: this.#chance(3) === 0 ? undefined : { currency, minor: this.#chance(6) },
    }
    replica?.reserve(`a_${this.#ids++}`, chain, cost)
  }

  #goOn(replica: WorldReplica, act: WorldAct): void {
    if (act.state === 'reserved') {
      const text = costText(act.cost)
      const cost = text === undefined ? {} : { cost: JSON.parse(text) as never }
      const leaf = { act: act.act, at: new Date(act.at).toISOString(), links: [...act.chain.links], ...cost }
      act.index = this.log.push({ kind: 'intent', replica: replica.id, leaf }) - 1
      act.state = 'logged'
      if (!replica.mayGo(act)) this.#giveUp(replica, act)
    } else if (act.state === 'logged') {
      // In the world as in the node, what is sent was looked at in the same turn.
      if (!replica.mayGo(act)) return this.#giveUp(replica, act)
      act.state = 'sent'
      this.#count(act)
    } else if (act.state === 'sent') {
      this.log.push({ kind: 'outcome', leaf: { act: act.act } })
      replica.end(act)
    }
  }

  /** Never sent: its outcome is on its way to the log, and when it is there, what it took is given back. */
  #giveUp(replica: WorldReplica, act: WorldAct): void {
    if (act.state === 'reserved') replica.release(act)
    else if (act.state === 'logged') act.state = 'giving-back'
    else if (act.state === 'giving-back') {
      this.log.push({ kind: 'outcome', leaf: { act: act.act, sent: false } })
      replica.release(act)
    }
  }

  #crash(replica: WorldReplica): void {
    const open = replica.acts.filter(isOpen)
    // For all that anybody knows, what is in the log without an outcome has been sent: whoever counts says so.
    if (this.#alone) for (const act of open) this.#count(act)
    else this.#leftOpen.set(replica.id, open)
    this.replicas.splice(this.replicas.indexOf(replica), 1)
    void replica.budgeting[Symbol.asyncDispose]()
    this.dead.push(replica.id)
  }

  /** Acts that were sent, or may have been. */
  get sent(): number {
    return this.#counted.size
  }

  #count(act: WorldAct): void {
    if (this.#counted.has(act.act)) return
    this.#counted.add(act.act)
    for (const id of act.chain.links) {
      for (const measure of ['calls', 'bytes', 'EUR', 'JPY']) {
        const key = `${id} ${measure}`
        this.happened.set(key, (this.happened.get(key) ?? 0) + amountIn({ measure }, act.cost))
      }
    }
  }

  async #advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs))
      for (const replica of this.replicas) replica.advance(Math.min(left, stepMs))
      await this.turn()
    }
  }

  /** A process stands still until others take it for dead, and goes on some time after they began to settle it. */
  async #pause(replica: WorldReplica | undefined): Promise<void> {
    if (replica === undefined || this.#alone) return
    if (replica.isPaused) {
      replica.isPaused = false
      replica.advance(0)
      return
    }
    replica.isPaused = true
    await this.#advance(15_000)
    // What was looked at before the pause may go out in its middle, and what is on its way to the log gets there.
    await this.#beginSettling(replica.id)
  }

  async #beginSettling(id: string): Promise<void> {
    if (this.#alone) return
    const by = await this.#bystander()
    const recount = await by.budgeting.recount(this.log.length, id)
    for (const leaf of this.log.slice(recount.position)) {
      if (leaf.kind === 'outcome') recount.outcome(leaf.leaf)
      else if (leaf.replica === id) recount.intent(leaf.leaf)
    }
    const acts = this.replicas.find((each) => each.id === id)?.acts ?? this.#leftOpen.get(id) ?? []
    const settledMs = this.#settledMs.get(id) ?? -1
    // What it had reserved before others settled it, it does not send any more; what the log got of that since counts.
    const open = acts.filter((act) => {
      return isOpen(act) && (act.startedMs > settledMs || (act.index ?? 0) >= recount.position)
    })
    this.#settling.push({ id, by, recount, open, atMs: this.clock.monotonicMs() })
  }

  async #finishSettling(): Promise<void> {
    for (const { id, by, recount, open, atMs } of this.#settling.splice(0)) {
      const was = this.store.isEntered(id)
      await recount.settle()
      if (was && !this.store.isEntered(id)) {
        this.#settledMs.set(id, atMs)
        for (const act of open) this.#count(act)
      }
      await by.budgeting[Symbol.asyncDispose]()
    }
  }

  /** One that only counts what the others left. */
  async #bystander(): Promise<WorldReplica> {
    const { store, clock } = this
    const id = `n_${this.#ids++}`
    const parts = {
      store,
      clock,
      newClock: this.#newClock,
      mandates: [],
      logSize: () => this.log.length,
      living: () => [id],
    }
    const bystander = new WorldReplica(id, parts)
    const { prompt } = store
    store.prompt = true
    await bystander.begin()
    store.prompt = prompt
    return bystander
  }

  async #recount(replica: WorldReplica): Promise<void> {
    const recount = await replica.budgeting.recount(this.log.length)
    for (const leaf of this.log.slice(recount.position)) {
      if (leaf.kind === 'outcome') recount.outcome(leaf.leaf)
      else recount.intent(leaf.leaf)
    }
    await recount.settle()
  }

  #checkExceeded(): void {
    for (const { id, limits } of this.mandates) {
      for (const [measure, max] of measuresOf(limits)) {
        const sent = this.happened.get(`${id} ${measure}`) ?? 0
        if (sent > max) throw new Error(`${id}: ${sent} ${measure} were spent of ${max}`)
      }
    }
  }
}

/**
 * Plays so many random interleavings; the same for one seed. Throws an error that names the run when a budget was
 * exceeded or leaked. Gives in how many something was spent, and how much in all.
 */
export async function interleave(
  runs: number,
  seed: number,
  newClock: () => TestClock,
): Promise<{ spending: number; acts: number }> {
  const chance = chanceOf(seed)
  let spending = 0
  let acts = 0
  for (let run = 0; run < runs; run++) {
    const world = new World(chance, newClock)
    try {
      await world.start()
      for (let step = 1 + chance(stepsMax); step > 0; step--) await world.step()
      await world.end()
    } catch (error) {
      throw new Error(`in run ${run} of seed ${seed}`, { cause: error })
    }
    if (world.sent > 0) spending++
    acts += world.sent
  }
  return { spending, acts }
}
