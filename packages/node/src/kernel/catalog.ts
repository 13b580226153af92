import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Fault } from '@ambit/core/fault'
import { authorityClassSchema } from '@ambit/core/mandate'
import { effectSchema, namesSchema, reversibilitySchema } from '@ambit/core/record'
import { z } from 'zod'

/** From the most permissive class to the strictest, for comparing. */
const classOrder = ['autonomous', 'ask', 'user'] as const

const cellSchema = z
  .strictObject({
    /** Who decides when the mandate says nothing. */
    default: authorityClassSchema,
    /** The most permissive class that a mandate may give explicitly. */
    floor: authorityClassSchema,
    /** What goes with asking: how whoever approves proves who they are, and how many must. */
    obligations: z.array(z.enum(['step-up', 'second-person'])).optional(),
    /** Reversibility 1: how long an act that nobody is asked about is held, so that its user can veto it. */
    holdMs: z.int().min(0).max(86_400_000).optional(),
  })
  .refine((cell) => classOrder.indexOf(cell.floor) <= classOrder.indexOf(cell.default), {
    error: 'the floor is stricter than the default',
  })
export type DecisionCell = z.infer<typeof cellSchema>

const decisionsSchema = z.strictObject({
  about: z.string(),
  decisions: z.record(effectSchema, z.tuple([cellSchema, cellSchema, cellSchema, cellSchema])),
})
/** By effect, then by reversibility (index 0 to 3). */
export type DecisionTable = z.infer<typeof decisionsSchema>['decisions']

const scenarioSchema = z.strictObject({
  id: z.string().min(1).max(100),
  name: namesSchema.optional(),
  sensitive: z.boolean(),
  /** Number of the clause in the Implementation Opinions, where it is known. */
  clause: z.int().min(15).max(33).optional(),
})
const scenariosSchema = z
  .strictObject({ about: z.string(), scenarios: z.array(scenarioSchema).min(1) })
  .refine((file) => new Set(file.scenarios.map((row) => row.id)).size === file.scenarios.length, {
    error: 'two scenarios have one id',
  })
export type Scenario = z.infer<typeof scenarioSchema>

export const tierSchema = z.enum(['low', 'medium', 'high'])
export type Tier = z.infer<typeof tierSchema>
const tiersSchema = z.strictObject({
  about: z.string(),
  effects: z.record(effectSchema, tierSchema),
  sensitiveScenario: tierSchema,
  otherScenario: tierSchema,
  unknownScenario: tierSchema,
})
export type TierTable = z.infer<typeof tiersSchema>

const wordsSchema = z.strictObject({
  en: z.array(z.string().regex(/^[a-z0-9]+([ -][a-z0-9]+)*$/, 'English words stand in lower case')),
  zh: z.array(z.string().regex(/^\p{Script=Han}+$/u, 'Chinese words have Han characters only')),
})
export type Words = z.infer<typeof wordsSchema>

const classified = { effect: effectSchema, reversibility: reversibilitySchema, ...wordsSchema.shape }
const profileWordsSchema = z.strictObject({
  about: z.string(),
  /** What a verb says is done. */
  verbs: z.array(z.strictObject(classified)),
  /** Verbs that are as often nouns: after a reading verb they name what is read. */
  nouns: z.array(z.string()),
  creating: wordsSchema,
  /** What a verb that changes something does when its object is one of these. */
  objects: z.array(z.strictObject({ ...classified, after: z.enum(['any', 'creating']) })),
  roles: z.strictObject({
    secret: wordsSchema,
    sink: wordsSchema,
    /** Sinks unless the argument is an id of something that exists. */
    place: wordsSchema,
    quantity: wordsSchema,
    content: wordsSchema,
    /** Content that is carried out as a program. */
    code: wordsSchema,
    selector: wordsSchema,
    control: wordsSchema,
  }),
  recipients: wordsSchema,
  addresses: wordsSchema,
  /** Arguments that name the currency of an amount. */
  currencies: wordsSchema,
  /** Of an amount's name: it counts cents. */
  minorUnits: wordsSchema,
})
export type ProfileWords = z.infer<typeof profileWordsSchema>

/** The data that rules read; every file is checked once, at start. */
export interface Catalog {
  readonly decisions: DecisionTable
  readonly scenarios: ReadonlyMap<string, Scenario>
  readonly tiers: TierTable
  readonly profileWords: ProfileWords
}

const shippedFolder = fileURLToPath(new URL('../../../../catalog/', import.meta.url))

/** Throws a Fault `catalog.invalid` that names the file and the member. */
export function loadCatalog(folder: string = shippedFolder): Catalog {
  const { decisions } = readFile(folder, 'decisions.json', decisionsSchema)
  const { scenarios } = readFile(folder, 'scenarios.json', scenariosSchema)
  return {
    decisions,
    scenarios: new Map(scenarios.map((scenario) => [scenario.id, scenario])),
    tiers: readFile(folder, 'tiers.json', tiersSchema),
    profileWords: readFile(folder, 'profile-words.json', profileWordsSchema),
  }
}

function readFile<S extends z.ZodType>(folder: string, name: string, schema: S): z.output<S> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))
  } catch (error) {
    throw new Fault('catalog.invalid', {
      detail: 'the file is not there or is not JSON',
      where: name,
      cause: error,
    })
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Fault('catalog.invalid', {
    detail: issue?.message ?? 'the file is not of its form',
    where: [name, ...(issue?.path ?? [])].join('.'),
  })
}
