import { isObject } from '@ambit/core/wire/mcp/message'
import type { TargetCapability } from '../../../registry/target.ts'
import { headerText, headerValue } from '../headers.ts'

/** A parameter of a tool that the header `Mcp-Param-<name>` repeats (2026-07-28, transports, "Custom Headers"). */
interface Mirrored {
  /** As the tool's schema writes it. */
  readonly name: string
  /** Members of the arguments, outermost first. */
  readonly path: readonly string[]
}

/** A schema may nest; what lies deeper than this is not looked for. */
const depthMax = 8
/** More than a request could carry as headers. */
const mirroredMax = 64
const none: readonly Mirrored[] = []
const known = new WeakMap<TargetCapability, readonly Mirrored[]>()

/** What the headers of a call must say of its arguments, names and values in turn. */
export function parameterHeaders(capability: TargetCapability, args: unknown): readonly string[] {
  const headers: string[] = []
  for (const { name, path } of mirroredOf(capability)) {
    const text = textAt(args, path)
    if (text !== undefined) headers.push(`mcp-param-${name}`, headerText(text))
  }
  return headers
}

/** In which way the headers (names and values in turn) say something else than the arguments; undefined: in none. */
export function parameterMismatch(
  capability: TargetCapability,
  args: unknown,
  headers: readonly string[] | undefined,
): string | undefined {
  const mirrored = mirroredOf(capability)
  for (let at = 0; at < mirrored.length; at++) {
    const { name, path } = mirrored[at]!
    const text = textAt(args, path)
    const header = `Mcp-Param-${name}`
    const given = valuesOf(headers, header)
    if (given.length > 1) return `the header ${header} may stand only once`
    // Without a value the header is not expected, and what it says is not looked at.
    if (text === undefined) continue
    const [first] = given
    if (first === undefined) return `the header ${header} is missing`
    const value = headerValue(first)
    if (value === undefined) return `the header ${header} holds no valid base64`
    if (value !== text && !sameNumber(value, valueAt(args, path)))
      return `the header ${header} is not the argument \`${path.join('.')}\``
  }
  return undefined
}

function mirroredOf(capability: TargetCapability): readonly Mirrored[] {
  let mirrored = known.get(capability)
  if (mirrored === undefined) {
    mirrored = read(capability.served['inputSchema'], [], [])
    known.set(capability, mirrored.length === 0 ? none : mirrored)
  }
  return mirrored
}

/** Only what is reached by `properties` alone can be mirrored. */
function read(schema: unknown, path: readonly string[], into: Mirrored[]): Mirrored[] {
  const properties = isObject(schema) ? schema['properties'] : undefined
  if (!isObject(properties) || path.length >= depthMax) return into
  for (const [key, property] of Object.entries(properties)) {
    if (into.length >= mirroredMax || !isObject(property)) continue
    const name = property['x-mcp-header']
    // A name that is no field name makes the definition invalid: no client sends such a header.
    if (typeof name === 'string' && /^[!#$%&'*+\-.^_`|~\w]{1,128}$/.test(name))
      into.push({ name, path: [...path, key] })
    read(property, [...path, key], into)
  }
  return into
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

function textAt(args: unknown, path: readonly string[]): string | undefined {
  const value = valueAt(args, path)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

/** `42.0` says the same as `42`. */
function sameNumber(text: string, value: unknown): boolean {
  return typeof value === 'number' && /^-?\d+(\.\d+)?$/.test(text) && Number(text) === value
}

function valuesOf(headers: readonly string[] | undefined, name: string): string[] {
  const values: string[] = []
  if (headers === undefined) return values
  const wanted = name.toLowerCase()
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.toLowerCase() === wanted) values.push(headers[at + 1]!)
  }
  return values
}
