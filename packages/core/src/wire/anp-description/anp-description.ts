import { z } from 'zod'

/*
 * The agent description of ANP (`ad.json`, JSON-LD; agent description protocol 1.0): who an agent is, whose it is, and
 * where its interfaces are described. Members that are not named here are kept.
 */

const line = z.string().max(2000)

const anpInterfaceSchema = z.looseObject({
  /** `StructuredInterface`, `NaturalLanguageInterface` or a type of somebody's own. */
  type: line.optional(),
  protocol: line.optional(),
  version: line.optional(),
  /** Where its description or its end point is; left out where `content` says it all. */
  url: line.optional(),
  description: z.string().max(20_000).optional(),
})

export const anpDescriptionSchema = z.looseObject({
  protocolType: z.literal('ANP').optional(),
  protocolVersion: z.string().max(50).optional(),
  type: z.literal('AgentDescription'),
  url: line.optional(),
  name: z.string().min(1).max(200),
  did: z.string().max(500).optional(),
  description: z.string().max(20_000).optional(),
  owner: z.looseObject({ name: z.string().max(300).optional(), url: line.optional() }).optional(),
  interfaces: z.array(anpInterfaceSchema).max(50).optional(),
})
export type AnpDescription = z.infer<typeof anpDescriptionSchema>
