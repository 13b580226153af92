/** The operations of A2A 1.0: the method of JSON-RPC and gRPC, and its address in HTTP+JSON (section 5.3). */
export interface Operation {
  readonly verbs: readonly ('GET' | 'POST' | 'DELETE')[]
  /** Below the interface's address, or below `/{tenant}`. */
  readonly path: string
  /** Answers with a stream of `StreamResponse`. */
  readonly streams: boolean
}

export const operations = {
  SendMessage: { verbs: ['POST'], path: '/message:send', streams: false },
  SendStreamingMessage: { verbs: ['POST'], path: '/message:stream', streams: true },
  GetTask: { verbs: ['GET'], path: '/tasks/{id}', streams: false },
  ListTasks: { verbs: ['GET'], path: '/tasks', streams: false },
  CancelTask: { verbs: ['POST'], path: '/tasks/{id}:cancel', streams: false },
  // The proto says GET, the table of section 5.3 POST: both are answered, GET is sent.
  SubscribeToTask: { verbs: ['GET', 'POST'], path: '/tasks/{id}:subscribe', streams: true },
  CreateTaskPushNotificationConfig: {
    verbs: ['POST'],
    path: '/tasks/{taskId}/pushNotificationConfigs',
    streams: false,
  },
  ListTaskPushNotificationConfigs: {
    verbs: ['GET'],
    path: '/tasks/{taskId}/pushNotificationConfigs',
    streams: false,
  },
  GetTaskPushNotificationConfig: {
    verbs: ['GET'],
    path: '/tasks/{taskId}/pushNotificationConfigs/{id}',
    streams: false,
  },
  DeleteTaskPushNotificationConfig: {
    verbs: ['DELETE'],
    path: '/tasks/{taskId}/pushNotificationConfigs/{id}',
    streams: false,
  },
  GetExtendedAgentCard: { verbs: ['GET'], path: '/extendedAgentCard', streams: false },
} as const satisfies Readonly<Record<string, Operation>>

export type Method = keyof typeof operations

export function isMethod(text: unknown): text is Method {
  return typeof text === 'string' && Object.hasOwn(operations, text)
}
