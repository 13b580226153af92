import { z } from 'zod'

const shortText = z.string().max(2000)
const modes = z.array(z.string().max(200)).max(100)

const agentInterfaceSchema = z.looseObject({
  url: z.string().min(1).max(2000),
  protocolBinding: z.string().min(1).max(200),
  /** REQUIRED, but SDKs leave it out when it is empty, and all of them read that as the version before. */
  protocolVersion: z
    .string()
    .max(50)
    .nullish()
    .transform((version) => (version ?? '') || '0.3'),
  tenant: z.string().max(200).optional(),
})

const skillSchema = z.looseObject({
  id: z.string().min(1).max(256),
  name: shortText,
  description: z.string().max(20_000),
  tags: z.array(z.string().max(200)).max(200).default([]),
})

const signatureSchema = z.looseObject({
  protected: z.string().max(20_000),
  signature: z.string().max(20_000),
})

/**
 * An agent card of A2A 1.0 (section 4.4.1): who the agent is, where and how it is reached. Lists that ProtoJSON
 * leaves out when empty are taken as empty; members not named here are kept.
 */
export const agentCardSchema = z.looseObject({
  name: z.string().min(1).max(300),
  description: z.string().max(20_000),
  version: z.string().max(200),
  supportedInterfaces: z.array(agentInterfaceSchema).min(1).max(50),
  capabilities: z.looseObject({
    streaming: z.boolean().nullish(),
    extensions: z
      .array(z.looseObject({ uri: z.string().max(2000).optional(), required: z.boolean().nullish() }))
      .max(100)
      .nullish(),
  }),
  defaultInputModes: modes.default([]),
  defaultOutputModes: modes.default([]),
  skills: z.array(skillSchema).max(500).default([]),
  provider: z.looseObject({ organization: shortText.optional(), url: shortText.optional() }).nullish(),
  signatures: z.array(signatureSchema).max(20).nullish(),
})
export type AgentCard = z.infer<typeof agentCardSchema>
