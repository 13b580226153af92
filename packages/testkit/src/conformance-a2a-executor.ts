import { randomUUID } from 'node:crypto'
import { TaskState } from '@a2a-js/sdk'
import type { Part } from '@a2a-js/sdk'
import { AgentEvent } from '@a2a-js/sdk/server'
import type { AgentExecutor, ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server'
import { Voice, statusOf, textPart } from './a2a-voice.ts'

/** Long enough for a client to leave its stream and come back to it. */
const holdMs = 4000
/** The suites of 0.3 look at a task while it works, cancel it, and go on with it when it has asked something. */
const workMs = 3000

type Scenario = (voice: Voice) => void | Promise<void>

/**
 * Does what the TCK asks for in the beginning of a message's id: the first name that fits decides. A message without
 * such an id completes; with `asking` it works a while and then asks for more, as the suites of 0.3 expect.
 */
export class ConformanceExecutor implements AgentExecutor {
  readonly #contexts = new Map<string, string>()
  readonly #cancelled = new Set<string>()
  readonly #asking: boolean

  constructor(asking: boolean) {
    this.#asking = asking
  }

  async execute(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const { taskId, contextId, userMessage } = context
    this.#contexts.set(taskId, contextId)
    const voice = new Voice(context, bus)
    if (userMessage.messageId.startsWith('tck-message-response')) {
      voice.message('Direct message response')
      return
    }
    voice.task()
    const found = scenarios.find(([name]) => userMessage.messageId.startsWith(name))
    if (found !== undefined) await found[1](voice)
    else if (this.#asking) await this.#workThenAsk(taskId, voice)
    else voice.status(TaskState.TASK_STATE_COMPLETED, 'Hello from TCK')
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    this.#cancelled.add(taskId)
    const contextId = this.#contexts.get(taskId) ?? ''
    const status = statusOf(TaskState.TASK_STATE_CANCELED)
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }))
    await Promise.resolve()
  }

  async #workThenAsk(taskId: string, voice: Voice): Promise<void> {
    voice.status(TaskState.TASK_STATE_WORKING, 'Processing your question')
    await pause(workMs)
    if (!this.#cancelled.has(taskId)) voice.status(TaskState.TASK_STATE_INPUT_REQUIRED, 'And then?')
  }
}

const scenarios: readonly (readonly [string, Scenario])[] = [
  ['tck-input-required', (voice) => voice.status(TaskState.TASK_STATE_INPUT_REQUIRED)],
  ['tck-reject-task', (voice) => voice.status(TaskState.TASK_STATE_REJECTED, 'rejected')],
  ['tck-artifact-text', (voice) => answer(voice, textPart('Generated text content'))],
  ['tck-artifact-file-url', (voice) => answer(voice, urlPart)],
  ['tck-artifact-file', (voice) => answer(voice, filePart)],
  ['tck-artifact-data', (voice) => answer(voice, dataPart)],
  ['tck-stream-artifact-chunked', chunks],
  ['tck-stream-artifact-file', (voice) => workAndAnswer(voice, filePart)],
  ['tck-stream-002', (voice) => voice.status(TaskState.TASK_STATE_COMPLETED)],
  ['tck-stream', (voice) => workAndAnswer(voice, textPart('Stream hello from TCK'))],
  ['test-resubscribe-message-id', hold],
]

function answer(voice: Voice, part: Part): void {
  voice.artifact(randomUUID(), 'answer', part, false, true)
  voice.status(TaskState.TASK_STATE_COMPLETED, 'Hello from TCK')
}

function workAndAnswer(voice: Voice, part: Part): void {
  voice.status(TaskState.TASK_STATE_WORKING)
  voice.artifact(randomUUID(), 'answer', part, false, true)
  voice.status(TaskState.TASK_STATE_COMPLETED)
}

function chunks(voice: Voice): void {
  const artifact = randomUUID()
  voice.status(TaskState.TASK_STATE_WORKING)
  voice.artifact(artifact, 'answer', textPart('chunk-1 '), false, false)
  voice.artifact(artifact, 'answer', textPart('chunk-2'), true, true)
  voice.status(TaskState.TASK_STATE_COMPLETED)
}

async function hold(voice: Voice): Promise<void> {
  voice.status(TaskState.TASK_STATE_WORKING)
  await pause(holdMs)
  voice.status(TaskState.TASK_STATE_COMPLETED)
}

const urlPart: Part = {
  content: { $case: 'url', value: 'https://example.com/output.txt' },
  metadata: undefined,
  filename: 'output.txt',
  mediaType: 'text/plain',
}

const filePart: Part = {
  content: { $case: 'raw', value: Buffer.from('file content') },
  metadata: undefined,
  filename: 'output.txt',
  mediaType: 'text/plain',
}

const dataPart: Part = {
  content: { $case: 'data', value: { key: 'value', count: 42 } },
  metadata: undefined,
  filename: '',
  mediaType: 'application/json',
}

async function pause(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
  })
}
