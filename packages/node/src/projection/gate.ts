import { Fault } from '@ambit/core/fault'
import type { Format } from '@ambit/core/format'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { z } from 'zod'
import type { AddressGuard } from '../net/address.ts'
import { addressProblem, addressMembers } from './address.ts'

/** Descriptions of agents are a few KiB; a catalog is read entry by entry. */
const bytesMax = 256 * 1024
/** Deeper than any format goes, with room for schemas inside. */
const depthMax = 32
const valuesMax = 20_000

/**
 * Lets a document of somebody else in: bounded in size, depth and number of values, of characters that JSON can carry,
 * and without an address that leads somewhere it should not. Throws `format.too-large`, `format.invalid` or
 * `format.address`, and says where.
 */
export function admit(document: unknown, guard: AddressGuard): Json {
  if (!isObject(document)) {
    throw new Fault('format.invalid', { detail: 'a document is a JSON object', where: 'document' })
  }
  walk(document, guard)
  if (Buffer.byteLength(JSON.stringify(document)) > bytesMax) {
    throw tooLarge(`it has more than ${bytesMax} bytes`)
  }
  return document
}

/** Level by level, so that no depth can exhaust the stack. */
function walk(document: Json, guard: AddressGuard): void {
  let level: readonly Place[] = [{ value: document, name: '', where: 'document' }]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) throw tooLarge(`it nests deeper than ${depthMax} levels`)
    const next: Place[] = []
    for (const place of level) {
      values += 1
      if (values > valuesMax) throw tooLarge(`it holds more than ${valuesMax} values`)
      if (typeof place.value === 'string') checkText(place, place.value, guard)
      else if (typeof place.value === 'number' && !Number.isFinite(place.value)) {
        throw new Fault('format.invalid', { detail: 'a number that JSON cannot carry', where: place.where })
      } else next.push(...inside(place))
    }
    level = next
  }
}

interface Place {
  readonly value: unknown
  /** Name of the member that holds it. */
  readonly name: string
  readonly where: string
}

const whereCharactersMax = 200

function inside({ value, name, where }: Place): Place[] {
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => ({ value: item, name, where: placeOf(where, String(at)) }))
  }
  if (!isObject(value)) return []
  return Object.entries(value).map(([member, inner]) => {
    if (member === '__proto__') {
      throw new Fault('format.invalid', { detail: 'a member has a name that none may have', where })
    }
    if (!member.isWellFormed()) {
      throw new Fault('format.invalid', { detail: 'a name of a member is no Unicode text', where })
    }
    return { value: inner, name: member, where: placeOf(where, member) }
  })
}

function placeOf(where: string, step: string): string {
  return `${where}.${step.replaceAll(/[^\x21-\x7e]/g, '?')}`.slice(0, whereCharactersMax)
}

function checkText({ name, where }: Place, text: string, guard: AddressGuard): void {
  if (!text.isWellFormed()) {
    throw new Fault('format.invalid', { detail: 'a text is no Unicode text', where })
  }
  const problem = addressProblem(text, addressMembers.has(name), guard)
  if (problem !== undefined) throw new Fault('format.address', { detail: problem, where })
}

function tooLarge(detail: string): Fault {
  return new Fault('format.too-large', { detail, where: 'document' })
}

/** Reads a document by the schema of its format. Throws a Fault `format.invalid` that names the member. */
export function readAs<S extends z.ZodType>(schema: S, document: unknown, format: Format): z.output<S> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Fault('format.invalid', {
    detail: `${issue?.message ?? 'not of its form'} (read as ${format})`,
    where: ['document', ...(issue?.path ?? [])].map(String).join('.').slice(0, whereCharactersMax),
  })
}
