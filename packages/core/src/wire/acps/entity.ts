import { z } from 'zod'

/*
 * Registration of an entity by its ontology, `POST /acps-atr-v2/entity`, and the errors of that protocol (ATR of ACPs,
 * reference server 2.1).
 */

/** What is new in an entity; everything else is as its ontology has it. */
export const entityRequestSchema = z.object({
  ontologyAic: z.string().min(1).max(100),
  endPoints: z
    .array(
      z.object({
        url: z.string().min(1).max(2000),
        transport: z.string().min(1).max(50).default('JSONRPC'),
        security: z
          .array(z.record(z.string().max(200), z.array(z.string().max(2000)).max(200)))
          .max(50)
          .default([]),
      }),
    )
    .max(20)
    .nullish(),
  entityUserId: z.string().max(255).nullish(),
  entityMeta: z.record(z.string().max(200), z.unknown()).nullish(),
})
export type EntityRequest = z.infer<typeof entityRequestSchema>

/** Numbers of errors of the ATR protocol. */
export const atrCodes = {
  malformed: 40_001,
  unauthenticated: 40_101,
  refused: 40_301,
  ontologyInactive: 40_302,
  quota: 40_303,
  agentInactive: 40_310,
  ontologyUnknown: 40_401,
  agentUnknown: 40_410,
  specificationMissing: 40_412,
  endPointTaken: 40_901,
  internal: 50_000,
} as const
export type AtrCode = (typeof atrCodes)[keyof typeof atrCodes]

export interface AtrError {
  readonly status: 'error'
  readonly error: {
    readonly code: AtrCode
    readonly message: string
    readonly data: Readonly<Record<string, unknown>> | null
  }
}
