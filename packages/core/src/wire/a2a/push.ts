import { z } from 'zod'

/** The header that carries a configuration's `token` (A2A 1.0.1, section 4.3). */
export const notificationTokenHeader = 'x-a2a-notification-token'

/** What goes into a header as it stands. */
const printable = /^[\x20-\x7e]*$/
const secret = z.string().max(4096).regex(printable, 'must be printable ASCII').nullish()

/** A TaskPushNotificationConfig (section 4.3.1) as a client sends it; members not named here are kept. */
const configSchema = z.looseObject({
  id: z.string().max(200).nullish(),
  taskId: z.string().max(1000).nullish(),
  url: z.string().min(1).max(2000),
  token: secret,
  authentication: z
    .looseObject({
      // RFC 9110, section 11.1: the scheme is a token.
      scheme: z
        .string()
        .max(100)
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a name of an HTTP scheme'),
      credentials: secret,
    })
    .nullish(),
})

/** Where and how a client wants to be told what becomes of a task. */
export interface PushConfig {
  /** Undefined: the agent names it. */
  readonly id: string | undefined
  /** Undefined in a message that begins a task. */
  readonly taskId: string | undefined
  readonly url: string
  readonly token: string | undefined
  readonly authentication: { readonly scheme: string; readonly credentials: string | undefined } | undefined
}

export type PushConfigVerdict =
  | { readonly ok: true; readonly config: PushConfig }
  | { readonly ok: false; readonly message: string }

/** Reads a configuration; what is wrong with it is told with the member's name behind `where`. */
export function readPushConfig(value: unknown, where: string): PushConfigVerdict {
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const path = [...(where === '' ? [] : [where]), ...(issue?.path ?? [])].join('.')
    return { ok: false, message: `\`${path || 'params'}\`: ${issue?.message ?? 'not of its form'}` }
  }
  const { id, taskId, url, token, authentication } = parsed.data
  return {
    ok: true,
    config: {
      id: filled(id),
      taskId: filled(taskId),
      url,
      token: filled(token),
      authentication:
        authentication === null || authentication === undefined
          ? undefined
          : { scheme: authentication.scheme, credentials: filled(authentication.credentials) },
    },
  }
}

/** ProtoJSON does not tell an empty text from none. */
function filled(text: string | null | undefined): string | undefined {
  return text === null || text === '' ? undefined : text
}
