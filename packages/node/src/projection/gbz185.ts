import type { Json } from '@ambit/core/wire/a2a/json'
import { toAcs } from './acs.ts'
import { isActive } from './draft.ts'
import type { Context, Projected } from './draft.ts'

/**
 * A record as the description of GB/Z 185.4 (table 1, as third parties read it): the ACS under that standard's names.
 * What the standard knows and neither a record nor an ACS does (alias, serving area, dependencies) is left out.
 */
export function toGbz185(record: Projected, context: Context): Json {
  const acs = toAcs(record, context)
  const [first] = acs.endPoints
  return {
    agentId: acs.aic,
    name: acs.name,
    version: acs.version,
    description: acs.description,
    ...(acs.iconUrl === undefined ? {} : { iconAddress: acs.iconUrl }),
    provider: acs.provider,
    ...(first === undefined ? {} : { accessAddress: first.url }),
    accessMethod: acs.endPoints.map(({ url, transport }) => ({ type: transport, address: url })),
    authentication: acs.securitySchemes,
    capabilities: acs.capabilities,
    defaultInputTypes: acs.defaultInputModes,
    defaultOutputTypes: acs.defaultOutputModes,
    skills: acs.skills.map((skill) => ({
      skillId: skill.id,
      skillName: skill.name,
      skillDescription: skill.description,
      tags: skill.tags,
      ...(skill.examples === undefined ? {} : { examples: skill.examples }),
      inputTypes: skill.inputModes ?? acs.defaultInputModes,
      outputTypes: skill.outputModes ?? acs.defaultOutputModes,
    })),
    available: isActive(context),
  }
}
