import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { DescribedCapability } from '../../registry/describe.ts'

/** As many as a record takes. */
const toolsMax = 2000
/** A server with two thousand tools gives twenty of them on a page at least. */
const pagesMax = 100
/** All definitions together; a record is kept whole in the store and in the log of the registry. */
const bytesMax = 8 * 1024 * 1024
/** Longest name of a tool that a record takes. */
const nameCharactersMax = 256

export interface ToolList {
  readonly capabilities: readonly DescribedCapability[]
  /** What was left out, for the operator. */
  readonly remarks: readonly string[]
}

/** Reads all tools of a server, page by page, within limits. `ask` sends one request and throws a Fault when it fails. */
export async function readTools(ask: (params: JsonObject) => Promise<JsonObject>): Promise<ToolList> {
  const capabilities = new Map<string, DescribedCapability>()
  const remarks = new Set<string>()
  const cursors = new Set<string>()
  let bytes = 0
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const result = await ask(cursor === undefined ? {} : { cursor })
    const tools = Array.isArray(result['tools']) ? (result['tools'] as readonly unknown[]) : []
    for (const tool of tools) {
      if (capabilities.size >= toolsMax)
        return ended(capabilities, remarks, `only the first ${toolsMax} tools were read`)
      bytes += JSON.stringify(tool).length
      if (bytes > bytesMax)
        return ended(
          capabilities,
          remarks,
          `the definitions are larger than ${bytesMax} bytes together: the rest was left out`,
        )
      const capability = capabilityOf(tool)
      if (capability === undefined) remarks.add('a tool without a proper name or schema was left out')
      else if (capabilities.has(capability.id))
        remarks.add('two tools have one name: the second was left out')
      else capabilities.set(capability.id, capability)
    }
    const next = result['nextCursor']
    if (typeof next !== 'string') return { capabilities: [...capabilities.values()], remarks: [...remarks] }
    if (cursors.has(next))
      return ended(capabilities, remarks, `the pages of \`${methods.toolsList}\` go round in a circle`)
    cursors.add(next)
    cursor = next
  }
  return ended(capabilities, remarks, `only the first ${pagesMax} pages of tools were read`)
}

function ended(
  capabilities: ReadonlyMap<string, DescribedCapability>,
  remarks: ReadonlySet<string>,
  remark: string,
): ToolList {
  return { capabilities: [...capabilities.values()], remarks: [...remarks, remark] }
}

function capabilityOf(tool: unknown): DescribedCapability | undefined {
  if (!isObject(tool)) return undefined
  const id = tool['name']
  if (typeof id !== 'string' || id === '' || id.length > nameCharactersMax) return undefined
  const annotations = isObject(tool['annotations']) ? tool['annotations'] : {}
  const inputSchema = tool['inputSchema']
  const outputSchema = tool['outputSchema']
  if (!isObject(inputSchema) || (outputSchema !== undefined && !isObject(outputSchema))) return undefined
  return {
    id,
    name: firstText(tool['title'], annotations['title'], id),
    description: firstText(tool['description']),
    inputSchema,
    outputSchema,
    hints: {
      ...hint('readOnly', annotations['readOnlyHint']),
      ...hint('destructive', annotations['destructiveHint']),
      ...hint('openWorld', annotations['openWorldHint']),
    },
    served: tool,
  }
}

function hint(name: 'readOnly' | 'destructive' | 'openWorld', value: unknown): Record<string, boolean> {
  return typeof value === 'boolean' ? { [name]: value } : {}
}

export function firstText(...candidates: readonly unknown[]): string {
  return (
    (candidates.find((candidate) => typeof candidate === 'string' && candidate !== '') as
      | string
      | undefined) ?? ''
  )
}
