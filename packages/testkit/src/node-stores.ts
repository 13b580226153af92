import { postgresUrl } from './services.ts'
import { freshSchema } from './stores.ts'

export interface NodeStore {
  readonly name: 'sqlite' | 'postgres'
  /** Options of a node on an empty store of this engine. */
  options(): Promise<{ readonly store?: string }>
}

const postgres = await postgresUrl()

/** The engines a node can be started on here: `describe.each(nodeStores)`. */
export const nodeStores: readonly NodeStore[] = [
  { name: 'sqlite', options: async () => ({}) },
  ...(postgres === undefined
    ? []
    : [{ name: 'postgres', options: async () => ({ store: await freshSchema(postgres) }) } as const]),
]
