import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const folder = new URL('../../../../shared/data/aip/', import.meta.url)

export interface AcsCase {
  readonly label: string
  readonly valid: boolean
  readonly document: unknown
}

/** The reference registry's own schema of ACS, its cases, and the examples of the specification; undefined where the data is not here. */
export function acsReference() {
  if (!existsSync(new URL('acs-schema.json', folder))) return undefined
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(read('acs-schema.json') as object)
  return {
    cases: read('acs-schema-cases.json') as readonly AcsCase[],
    examples: ['ACS-01', 'ACS-02'].map((name) => read(`examples/${name}.json`)),
    /** What the schema says against a document; empty when it is valid. */
    problems(document: unknown): string[] {
      return validate(document) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`)
    },
  }
}
