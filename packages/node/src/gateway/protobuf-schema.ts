import { create, createFileRegistry } from '@bufbuild/protobuf'
import type { FileRegistry, MessageInitShape } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt'
import type {
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'

type Enumeration = MessageInitShape<typeof EnumDescriptorProtoSchema> & { value: object[] }
type Field = MessageInitShape<typeof FieldDescriptorProtoSchema> & { name: string }
type MessageType = {
  readonly name: string
  readonly field: Field[]
  readonly oneofDecl: { name: string }[]
  readonly nestedType: MessageInitShape<typeof DescriptorProtoSchema>[]
}

const wellKnown = [
  file_google_protobuf_any,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
]

const scalars: ReadonlyMap<string, Type> = new Map([
  ['string', Type.STRING],
  ['bytes', Type.BYTES],
  ['bool', Type.BOOL],
  ['int32', Type.INT32],
])

const openForm = /^(message|enum) (\w+) \{$/
const oneofForm = /^oneof (\w+) \{$/
const valueForm = /^([A-Z_]+) = (\d+);$/
const fieldForm = /^(?:(optional|repeated) )?([\w.]+) (\w+) = (\d+);$/
const mapForm = /^map<string, (\w+)> (\w+) = (\d+);$/

/**
 * Reads a schema in the part of proto3 that it needs: messages and enumerations side by side, scalar, message and map
 * fields, `oneof`, `optional`, `repeated`, one thing on a line, no comments. Throws on any other line.
 */
export function readSchema(packageName: string, text: string): FileRegistry {
  const messages: MessageType[] = []
  const enums: Enumeration[] = []
  let message: MessageType | undefined
  let enumeration: Enumeration | undefined
  let oneofIndex: number | undefined
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const [, kind, name = ''] = openForm.exec(line) ?? []
    const [, oneof] = oneofForm.exec(line) ?? []
    const [, value, number] = valueForm.exec(line) ?? []
    if (line === '') continue
    else if (kind === 'message') messages.push((message = { name, field: [], oneofDecl: [], nestedType: [] }))
    else if (kind === 'enum') enums.push((enumeration = { name, value: [] }))
    else if (oneof !== undefined) oneofIndex = message!.oneofDecl.push({ name: oneof }) - 1
    else if (line === '}' && oneofIndex !== undefined) oneofIndex = undefined
    else if (line === '}') message = enumeration = undefined
    else if (enumeration !== undefined) enumeration.value.push({ name: value, number: Number(number) })
    else addField(packageName, message!, line, oneofIndex)
  }
  const enumNames = new Set(enums.map(({ name }) => `.${packageName}.${name}`))
  for (const { field } of messages) {
    for (const one of field) if (enumNames.has(one.typeName ?? '')) one.type = Type.ENUM
  }
  for (const one of messages) addPresence(one)
  const file = create(FileDescriptorProtoSchema, {
    name: `${packageName}.proto`,
    package: packageName,
    syntax: 'proto3',
    dependency: wellKnown.map((known) => known.proto.name),
    messageType: messages,
    enumType: enums,
  })
  return createFileRegistry(file, (name) => wellKnown.find((known) => known.proto.name === name))
}

function addField(
  packageName: string,
  message: MessageType,
  line: string,
  oneofIndex: number | undefined,
): void {
  const [, mapped, mapName, mapNumber] = mapForm.exec(line) ?? []
  if (mapped !== undefined) {
    const entry = `${upperCamel(mapName!)}Entry`
    const field = [fieldOf(packageName, 'string', 'key', 1), fieldOf(packageName, mapped, 'value', 2)]
    message.nestedType.push({ name: entry, field, options: { mapEntry: true } })
    message.field.push({
      ...fieldOf(packageName, `${message.name}.${entry}`, mapName!, Number(mapNumber)),
      label: Label.REPEATED,
    })
    return
  }
  const [, presence, type, name, number] = fieldForm.exec(line) ?? []
  if (type === undefined) throw new SyntaxError(`\`${line}\` is not of the schema language read here`)
  message.field.push({
    ...fieldOf(packageName, type, name!, Number(number)),
    ...(presence === 'repeated' ? { label: Label.REPEATED } : {}),
    ...(presence === 'optional' ? { proto3Optional: true } : {}),
    ...(oneofIndex === undefined ? {} : { oneofIndex }),
  })
}

function fieldOf(packageName: string, type: string, name: string, number: number): Field {
  const camel = upperCamel(name)
  const field = { name, number, jsonName: name[0]! + camel.slice(1), label: Label.OPTIONAL }
  const scalar = scalars.get(type)
  if (scalar !== undefined) return { ...field, type: scalar }
  const foreign = type.startsWith('google.protobuf.')
  return { ...field, type: Type.MESSAGE, typeName: foreign ? `.${type}` : `.${packageName}.${type}` }
}

function upperCamel(name: string): string {
  return name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** `optional` is a oneof with one member; those stand after the ones that were written. */
function addPresence(message: MessageType): void {
  for (const field of message.field) {
    if (field.proto3Optional === true)
      field.oneofIndex = message.oneofDecl.push({ name: `_${field.name}` }) - 1
  }
}
