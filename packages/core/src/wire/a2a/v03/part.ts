import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { camelMembers, isGiven, objectAt, textAt, Untranslatable, without } from './form.ts'
import type { Form } from './form.ts'

const contents = ['text', 'raw', 'url', 'data'] as const
/** Marks data that is no object, which 0.3 cannot say, wrapped as `{value}`: the mark that the official SDKs use. */
const wrapped = 'data_part_compat'

/** A part of 0.3 as one of 1.0. Throws Untranslatable. */
export function partTo10(value: unknown, form: Form): Json {
  const part = objectAt(value, 'parts')
  // HTTP+JSON agents of the first 0.3 releases wrote the form of JSON-RPC there.
  return form === 'kind' || typeof part['kind'] === 'string' ? kindTo10(part) : protoTo10(part)
}

function kindTo10(part: Json): Json {
  switch (part['kind']) {
    case 'text':
      return {
        ...without(part, ['kind', 'file', ...contents]),
        text: textAt(part['text'], 'parts.text'),
      }
    case 'file': {
      const file = objectAt(part['file'], 'parts.file')
      return fileTo10(part, without(file, ['bytes', 'uri', 'name', 'mimeType']), {
        raw: file['bytes'],
        url: file['uri'],
        filename: file['name'],
        mediaType: file['mimeType'],
      })
    }
    case 'data':
      return dataTo10(without(part, ['kind', 'file', ...contents]), part['data'])
    default:
      throw new Untranslatable('parts.kind', 'must be text, file or data')
  }
}

function protoTo10(part: Json): Json {
  const given = ['text', 'file', 'data'].filter((name) => isGiven(part[name]))
  if (given.length !== 1) throw new Untranslatable('parts', 'must each have one of text, file and data')
  const rest = without(part, ['kind', 'file', ...contents])
  if (given[0] === 'text') return { ...rest, text: textAt(part['text'], 'parts.text') }
  if (given[0] === 'data') return dataTo10(rest, objectAt(part['data'], 'parts.data')['data'] ?? {})
  const names = ['fileWithBytes', 'fileWithUri', 'mimeType', 'name']
  const file = camelMembers(objectAt(part['file'], 'parts.file'), names)
  return fileTo10(part, without(file, names), {
    // Some writers send the other of the two empty.
    raw: unlessEmpty(file['fileWithBytes'], file['fileWithUri']),
    url: unlessEmpty(file['fileWithUri'], file['fileWithBytes']),
    filename: file['name'],
    mediaType: file['mimeType'],
  })
}

function unlessEmpty(value: unknown, other: unknown): unknown {
  return value === '' && isGiven(other) ? undefined : value
}

function fileTo10(
  part: Json,
  unknown: Json,
  file: Readonly<Record<'raw' | 'url' | 'filename' | 'mediaType', unknown>>,
): Json {
  const { raw, url, filename, mediaType } = file
  if (isGiven(raw) === isGiven(url)) throw new Untranslatable('parts.file', 'must have one of bytes and uri')
  return {
    ...without(part, ['kind', 'file', 'filename', 'mediaType', ...contents]),
    ...(Object.keys(unknown).length === 0 ? {} : { file: unknown }),
    ...(isGiven(raw) ? { raw: textAt(raw, 'parts.file.bytes') } : { url: textAt(url, 'parts.file.uri') }),
    ...(isGiven(filename) ? { filename } : {}),
    ...(isGiven(mediaType) ? { mediaType } : {}),
  }
}

function dataTo10(rest: Record<string, unknown>, data: unknown): Json {
  const content = objectAt(data, 'parts.data')
  const { metadata } = rest
  if (!isObject(metadata) || metadata[wrapped] !== true || !Object.hasOwn(content, 'value'))
    return { ...rest, data: content }
  const { [wrapped]: _, ...others } = metadata
  delete rest['metadata']
  return {
    ...rest,
    data: content['value'],
    ...(Object.keys(others).length === 0 ? {} : { metadata: others }),
  }
}

/** A part of 1.0 as one of 0.3. Throws Untranslatable. */
export function partFrom10(value: unknown, form: Form): Json {
  const part = objectAt(value, 'parts')
  const given = contents.filter((name) => (name === 'data' ? Object.hasOwn(part, name) : isGiven(part[name])))
  if (given.length !== 1) throw new Untranslatable('parts', 'must each have one of text, raw, url and data')
  switch (given[0]) {
    case 'text': {
      const rest = withoutEmpty(without(part, ['kind', 'file', ...contents]))
      const text = textAt(part['text'], 'parts.text')
      return form === 'kind' ? { kind: 'text', ...rest, text } : { ...protoRest(rest), text }
    }
    case 'data': {
      const { data, metadata } = dataFrom10(part)
      const rest = { ...withoutEmpty(without(part, ['kind', 'file', ...contents])), ...metadata }
      return form === 'kind' ? { kind: 'data', ...rest, data } : { ...protoRest(rest), data: { data } }
    }
    default:
      return fileFrom10(part, form)
  }
}

/** The types of 0.3 take what they do not know; readers of ProtoJSON refuse it, so there what they cannot know is left out. */
function protoRest(rest: Record<string, unknown>): Record<string, unknown> {
  return without(rest, ['filename', 'mediaType'])
}

/** In ProtoJSON an empty text is one that was not given. */
function withoutEmpty(rest: Record<string, unknown>): Record<string, unknown> {
  for (const name of ['filename', 'mediaType']) {
    if (rest[name] === '' || rest[name] === null) delete rest[name]
  }
  return rest
}

function dataFrom10(part: Json): { readonly data: Json; readonly metadata: Json } {
  const { data, metadata } = part
  if (isObject(data)) return { data, metadata: {} }
  return {
    data: { value: data ?? null },
    metadata: { metadata: { ...(isObject(metadata) ? metadata : {}), [wrapped]: true } },
  }
}

function fileFrom10(part: Json, form: Form): Json {
  const { raw, url, filename, mediaType, file: unknown } = part
  const rest = without(part, ['kind', 'file', 'filename', 'mediaType', ...contents])
  const content = isGiven(raw)
    ? { [form === 'kind' ? 'bytes' : 'fileWithBytes']: textAt(raw, 'parts.raw') }
    : { [form === 'kind' ? 'uri' : 'fileWithUri']: textAt(url, 'parts.url') }
  const file = {
    ...(isObject(unknown) ? unknown : {}),
    ...content,
    ...(isGiven(mediaType) && mediaType !== '' ? { mimeType: mediaType } : {}),
    ...(isGiven(filename) && filename !== '' ? { name: filename } : {}),
  }
  return form === 'kind' ? { kind: 'file', ...rest, file } : { ...rest, file }
}
