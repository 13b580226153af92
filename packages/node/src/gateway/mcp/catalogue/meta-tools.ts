import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { NamedTool } from '../names/tool-names.ts'
import { Ranking } from './ranking.ts'

/** Tools that `find_tools` gives when it is not told how many: enough to choose from, little to read. */
const foundDefault = 10
const foundMax = 50
/** Of a description, what `find_tools` shows: the whole one is in `describe_tool`. */
const summaryCharactersMax = 300

export type MetaTool = 'find' | 'describe' | 'call'

/** The three tools that stand for all of a long list. */
export interface MetaTools {
  readonly definitions: readonly JsonObject[]
  /** Which of them a name means. */
  named(name: string): MetaTool | undefined
  /** The result of `find_tools` or `describe_tool`. A tool that the holder may not call is not there. */
  answer(which: 'find' | 'describe', args: JsonObject): JsonObject
}

export function metaTools(tools: readonly NamedTool[]): MetaTools {
  const names = freeNames(new Set(tools.map((tool) => tool.name)))
  let ranking: Ranking | undefined
  return {
    definitions: definitionsOf(names, tools.length),
    named: (name) =>
      name === names.find
        ? 'find'
        : name === names.describe
          ? 'describe'
          : name === names.call
            ? 'call'
            : undefined,
    answer(which, args) {
      if (which === 'describe') return describe(tools, args)
      ranking ??= new Ranking(tools)
      return find(ranking, tools.length, args)
    },
  }
}

type Names = Readonly<Record<MetaTool, string>>

/** Plain names where no tool has them; the same addition for all three. */
function freeNames(taken: ReadonlySet<string>): Names {
  for (let number = 0; ; number++) {
    const before = number === 0 ? '' : number === 1 ? 'ambit_' : `ambit${number}_`
    const names = {
      find: `${before}find_tools`,
      describe: `${before}describe_tool`,
      call: `${before}call_tool`,
    }
    // Ends: each round needs a name that a tool has, and there are so many tools.
    if (!Object.values(names).some((name) => taken.has(name))) return names
  }
}

function definitionsOf(names: Names, count: number): readonly JsonObject[] {
  const readOnly = { readOnlyHint: true, openWorldHint: false }
  const name = { type: 'string', description: 'Name of a tool, as given by the search.' }
  return [
    {
      name: names.find,
      title: 'Find tools',
      description: `Searches the ${count} tools that may be called here by what they do, in words. Most of them are not in the list of tools: find them with this one, look at one with ${names.describe}, and call it with ${names.call} or by its own name.`,
      inputSchema: {
        type: 'object',
        properties: {
          query: { type: 'string', description: 'What the tool should do, in a few words.' },
          limit: { type: 'integer', minimum: 1, maximum: foundMax, default: foundDefault },
        },
        required: ['query'],
      },
      annotations: readOnly,
    },
    {
      name: names.describe,
      title: 'Describe a tool',
      description: `Gives the whole definition of one tool, with the schema of its arguments.`,
      inputSchema: { type: 'object', properties: { name }, required: ['name'] },
      annotations: readOnly,
    },
    {
      name: names.call,
      title: 'Call a tool',
      description: `Calls one tool with the arguments that ${names.describe} asks for, and gives its result. The same as calling it by its name.`,
      inputSchema: {
        type: 'object',
        properties: { name, arguments: { type: 'object', description: 'As the schema of the tool says.' } },
        required: ['name'],
      },
    },
  ]
}

function find(ranking: Ranking, count: number, args: JsonObject): JsonObject {
  const { query, limit } = args
  if (typeof query !== 'string') return wrong('`query` is a string: what the tool should do.')
  const max = Number.isInteger(limit) ? Math.min(Math.max(limit as number, 1), foundMax) : foundDefault
  const found = ranking.find(query, max).map(({ tool, score }) => ({
    name: tool.name,
    description: summary(tool),
    score,
  }))
  return structured({ tools: found, searched: count })
}

function describe(tools: readonly NamedTool[], args: JsonObject): JsonObject {
  const tool = tools.find((each) => each.name === args['name'])
  return tool === undefined
    ? wrong('No tool that may be called here has that name.')
    : structured({ tool: tool.definition })
}

function summary({ definition: { title, description } }: NamedTool): string {
  const text = typeof description === 'string' && description !== '' ? description : title
  return typeof text === 'string' ? text.slice(0, summaryCharactersMax).toWellFormed() : ''
}

function structured(content: JsonObject): JsonObject {
  return { content: [{ type: 'text', text: JSON.stringify(content) }], structuredContent: content }
}

function wrong(text: string): JsonObject {
  return { content: [{ type: 'text', text }], isError: true }
}

/** What `call_tool` was given; undefined when it names no tool. */
export function innerCall(
  args: JsonObject,
): { readonly name: string; readonly args: JsonObject } | undefined {
  const { name, arguments: inner = {} } = args
  return typeof name === 'string' && isObject(inner) ? { name, args: inner } : undefined
}
