import type { ApprovalForm } from '../../api/approval-types.ts'

/** How one value is typed in. */
export interface EditField {
  readonly name: string
  readonly kind: 'text' | 'number' | 'whole' | 'yes-no' | 'choice' | 'secret' | 'json'
  /** What stands in the field at first. */
  readonly typed: string
  /** Of a choice. */
  readonly choices: readonly string[]
  /** What the target says of it: its words. */
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** A field for each value that stands on the card; the schema only says how it is typed in. */
export function editFields({ values, secrets, schema }: ApprovalForm): EditField[] {
  const properties = objectOf(schema?.['properties']) ?? {}
  const shown = Object.entries(values).map(([name, value]) => {
    const property = Object.hasOwn(properties, name) ? objectOf(properties[name]) : undefined
    return fieldOf(name, value, property ?? {})
  })
  const hidden = secrets.map((name): EditField => ({ name, kind: 'secret', typed: '', choices: [] }))
  return [...shown, ...hidden]
}

function fieldOf(name: string, value: unknown, property: Readonly<Record<string, unknown>>): EditField {
  const { description, minimum, maximum } = property
  const said = {
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
  }
  const choices = Array.isArray(property['enum']) ? property['enum'].filter(isText) : []
  const field = { name, choices: [] as readonly string[], ...said }
  if (typeof value === 'string' && choices.includes(value))
    return { ...field, kind: 'choice', typed: value, choices }
  if (typeof value === 'string') return { ...field, kind: 'text', typed: value }
  if (typeof value === 'boolean') return { ...field, kind: 'yes-no', typed: String(value) }
  if (typeof value !== 'number') return { ...field, kind: 'json', typed: JSON.stringify(value, undefined, 2) }
  return { ...field, kind: property['type'] === 'integer' ? 'whole' : 'number', typed: String(value) }
}

export type Typed =
  | { readonly value: unknown; readonly wrong?: undefined }
  | { readonly wrong: 'number' | 'whole' | 'json' }

/** What was typed, as the value that it stands for. */
export function typedValue({ kind }: Pick<EditField, 'kind'>, typed: string): Typed {
  switch (kind) {
    case 'number':
    case 'whole': {
      const value = typed.trim() === '' ? Number.NaN : Number(typed)
      if (!Number.isFinite(value)) return { wrong: 'number' }
      return kind === 'whole' && !Number.isInteger(value) ? { wrong: 'whole' } : { value }
    }
    case 'yes-no':
      return { value: typed === 'true' }
    case 'json':
      try {
        return { value: JSON.parse(typed) as unknown }
      } catch {
        return { wrong: 'json' }
      }
    default:
      return { value: typed }
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
