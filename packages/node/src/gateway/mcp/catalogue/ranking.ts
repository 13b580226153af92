import type { NamedTool } from '../names/tool-names.ts'

/** What stands where in a definition says how much a word there counts. */
const weights = { name: 4, title: 3, description: 2, schema: 1 } as const
/** A word that only begins like the one asked for. */
const prefixShare = 0.5
/** Shorter beginnings would fit too much. */
const prefixCharactersMin = 4
/** Text of one definition that is looked at: what matters comes first. */
const charactersMax = 4000
/** Words of one question: nobody asks in more. */
const wordsMax = 32
/** Schemas are looked at this deep. */
const depthMax = 4

export interface Ranked {
  readonly tool: NamedTool
  /** 0 to 1: the share of the question that the tool answers, rare words counting more. */
  readonly score: number
}

/** Finds tools by words; made once for a list of tools. */
export class Ranking {
  readonly #tools: readonly NamedTool[]
  /** Word to the tools it stands in, with its best weight in each. */
  readonly #words = new Map<string, Map<number, number>>()

  constructor(tools: readonly NamedTool[]) {
    this.#tools = tools
    for (const [at, tool] of tools.entries()) {
      for (const [part, text] of texts(tool)) {
        for (const word of wordsOf(text)) this.#add(word, at, weights[part])
      }
    }
  }

  /** The best first; equal ones in the order of the list. */
  find(question: string, max: number): readonly Ranked[] {
    const words = [...new Set(wordsOf(question))].slice(0, wordsMax)
    const scores = new Map<number, number>()
    let best = 0
    for (const word of words) {
      const found = this.#found(word)
      // A word that stands in every tool tells none of them apart.
      const rarity = Math.log(1 + this.#tools.length / Math.max(1, found.size))
      best += weights.name * rarity
      for (const [at, weight] of found) scores.set(at, (scores.get(at) ?? 0) + weight * rarity)
    }
    return [...scores]
      .toSorted(([left, a], [right, b]) => b - a || left - right)
      .slice(0, max)
      .map(([at, score]) => ({ tool: this.#tools[at]!, score: Math.round((score / best) * 1000) / 1000 }))
  }

  #found(word: string): ReadonlyMap<number, number> {
    const exact = this.#words.get(word)
    if (word.length < prefixCharactersMin) return exact ?? new Map()
    const found = new Map(exact)
    for (const [known, tools] of this.#words) {
      if (
        known === word ||
        !(known.startsWith(word) || (known.length >= prefixCharactersMin && word.startsWith(known)))
      )
        continue
      for (const [at, weight] of tools) found.set(at, Math.max(found.get(at) ?? 0, weight * prefixShare))
    }
    return found
  }

  #add(word: string, at: number, weight: number): void {
    let tools = this.#words.get(word)
    if (tools === undefined) this.#words.set(word, (tools = new Map()))
    tools.set(at, Math.max(tools.get(at) ?? 0, weight))
  }
}

function texts({ name, definition }: NamedTool): readonly (readonly [keyof typeof weights, string])[] {
  const { title, description, inputSchema } = definition
  return [
    ['name', name],
    ['title', typeof title === 'string' ? title : ''],
    ['description', typeof description === 'string' ? description.slice(0, charactersMax) : ''],
    ['schema', schemaText(inputSchema).slice(0, charactersMax)],
  ]
}

/** Names and descriptions of the arguments. */
function schemaText(schema: unknown, depth = 0): string {
  if (typeof schema !== 'object' || schema === null || depth > depthMax) return ''
  const { properties, description, items } = schema as Readonly<Record<string, unknown>>
  const own = typeof description === 'string' ? description : ''
  const inner =
    typeof properties === 'object' && properties !== null
      ? Object.entries(properties).map(([name, of]) => `${name} ${schemaText(of, depth + 1)}`)
      : []
  return [own, ...inner, schemaText(items, depth + 1)].join(' ')
}

/** Words of Latin scripts in their simple form; Chinese as single characters and pairs, because it has no spaces. */
function wordsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKC')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
  const words: string[] = []
  for (const run of plain.match(/\p{Script=Han}+|[\p{L}\p{N}]+/gu) ?? []) {
    if (/^\p{Script=Han}/u.test(run)) words.push(...pairs(run))
    else if (!stopWords.has(run)) words.push(singular(run))
  }
  return words
}

/** Words that stand everywhere and mean nothing here. */
const stopWords = new Set(
  'a an and are as at be by can do for from how i in into is it me my of on or that the this to tool tools what with you your'.split(
    ' ',
  ),
)

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return word.slice(0, -1)
  return word
}

function pairs(run: string): readonly string[] {
  const characters = Array.from(run)
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`)
}
