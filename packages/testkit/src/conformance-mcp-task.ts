import { randomUUID } from 'node:crypto'

/** A task that nobody asks for is kept this long (`ttlMs`, SEP-2663). */
const ttlMs = 300_000
/** How often a client is told to ask. */
const pollIntervalMs = 100

type Status = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'

export type Json = Readonly<Record<string, unknown>>

/** What a job is given: questions to the client, and word when it was cancelled. */
export interface JobContext {
  readonly signal: AbortSignal
  /** Asks several things at once; resolves once all of them are answered. */
  readonly ask: (requests: Readonly<Record<string, Json>>) => Promise<Readonly<Record<string, Json>>>
}

/** Work that goes on after the call was answered: gives the result of the tool, or throws for an error of the protocol. */
export type Job = (context: JobContext) => Promise<Json>

interface Pending {
  readonly requests: Map<string, Json>
  readonly answers: Record<string, Json>
  resolve(answers: Readonly<Record<string, Json>>): void
}

/** One task of the extension io.modelcontextprotocol/tasks, and the job that it stands for. */
export class McpTask {
  readonly id = randomUUID()
  readonly #createdAt = new Date().toISOString()
  readonly #running = new AbortController()
  #changedAt = this.#createdAt
  #status: Status = 'working'
  #end: Json = {}
  #pending: Pending | undefined

  constructor(job: Job) {
    job({ signal: this.#running.signal, ask: async (requests) => await this.#ask(requests) }).then(
      (result) => this.#change('completed', { result }),
      (error: unknown) => this.#change('failed', { error: { code: -32603, message: String(error) } }),
    )
  }

  /** CreateTaskResult: the task as it is known when the call is answered. */
  created(): Json {
    return { resultType: 'task', ...this.#basics() }
  }

  /** DetailedTask: what came of it, or what it waits for. */
  detailed(): Json {
    const inputRequests = this.#pending === undefined ? {} : Object.fromEntries(this.#pending.requests)
    return {
      resultType: 'complete',
      ...this.#basics(),
      ...this.#end,
      ...(this.#status === 'input_required' ? { inputRequests } : {}),
    }
  }

  /** Takes answers as they come; what nobody asked is not looked at. */
  update(responses: Readonly<Record<string, Json>>): void {
    const pending = this.#pending
    if (pending === undefined || this.#isOver()) return
    for (const [key, response] of Object.entries(responses)) {
      if (pending.requests.delete(key)) pending.answers[key] = response
    }
    if (pending.requests.size > 0) return
    this.#pending = undefined
    this.#change('working')
    pending.resolve(pending.answers)
  }

  cancel(): void {
    this.#change('cancelled')
    this.#running.abort()
  }

  async #ask(requests: Readonly<Record<string, Json>>): Promise<Readonly<Record<string, Json>>> {
    this.#change('input_required')
    return await new Promise((resolve) => {
      this.#pending = { requests: new Map(Object.entries(requests)), answers: {}, resolve }
    })
  }

  #basics(): Json {
    return {
      taskId: this.id,
      status: this.#status,
      createdAt: this.#createdAt,
      lastUpdatedAt: this.#changedAt,
      ttlMs,
      pollIntervalMs,
    }
  }

  /** A task that is over stays as it is: a job may come to its end after it was cancelled. */
  #change(status: Status, end: Json = {}): void {
    if (this.#isOver()) return
    this.#status = status
    this.#end = end
    this.#changedAt = new Date().toISOString()
  }

  #isOver(): boolean {
    return this.#status === 'completed' || this.#status === 'failed' || this.#status === 'cancelled'
  }
}
