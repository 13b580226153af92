import { randomUUID } from 'node:crypto'
import { Role, TaskState } from '@a2a-js/sdk'
import type { Message, Part } from '@a2a-js/sdk'
import { AgentEvent } from '@a2a-js/sdk/server'
import type { ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server'

/** Publishes what an agent says about one task. */
export class Voice {
  readonly #context: RequestContext
  readonly #bus: ExecutionEventBus

  constructor(context: RequestContext, bus: ExecutionEventBus) {
    this.#context = context
    this.#bus = bus
  }

  message(text: string): void {
    this.#bus.publish(AgentEvent.message({ ...this.#message(text), taskId: '' }))
  }

  task(): void {
    const { task, taskId, contextId, userMessage } = this.#context
    this.#bus.publish(
      AgentEvent.task(
        task ?? {
          id: taskId,
          contextId,
          status: statusOf(TaskState.TASK_STATE_SUBMITTED),
          artifacts: [],
          history: [userMessage],
          metadata: undefined,
        },
      ),
    )
  }

  status(state: TaskState, text?: string): void {
    const { taskId, contextId } = this.#context
    const status = statusOf(state, text === undefined ? undefined : this.#message(text))
    this.#bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }))
  }

  /** One piece of an artifact; `append` adds it to what was said under that id before. */
  artifact(artifactId: string, name: string, part: Part, append: boolean, lastChunk: boolean): void {
    const { taskId, contextId } = this.#context
    const artifact = {
      artifactId,
      name,
      description: '',
      parts: [part],
      metadata: undefined,
      extensions: [],
    }
    this.#bus.publish(
      AgentEvent.artifactUpdate({ taskId, contextId, artifact, append, lastChunk, metadata: undefined }),
    )
  }

  #message(text: string): Message {
    const { taskId, contextId } = this.#context
    return {
      role: Role.ROLE_AGENT,
      messageId: randomUUID(),
      parts: [textPart(text)],
      taskId,
      contextId,
      extensions: [],
      metadata: undefined,
      referenceTaskIds: [],
    }
  }
}

export function statusOf(
  state: TaskState,
  message?: Message,
): {
  state: TaskState
  message: Message | undefined
  timestamp: string
} {
  return { state, message, timestamp: new Date().toISOString() }
}

export function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' }
}
