import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'

/** What stands under a name in the metadata of a request, else in that of its message. */
export function metadataMember(params: Json, name: string): unknown {
  const inMessage = objectOf(objectOf(params['message'])?.['metadata'])?.[name]
  return objectOf(params['metadata'])?.[name] ?? inMessage
}

/** The params without it, in both places; the very same where it is in neither. */
export function withoutMetadata(params: Json, name: string): Json {
  const own = withoutMember(params, name)
  const message = objectOf(own['message'])
  const theirs = message === undefined ? undefined : withoutMember(message, name)
  return theirs === message ? own : { ...own, message: theirs }
}

function withoutMember(of: Json, name: string): Json {
  const metadata = objectOf(of['metadata'])
  if (metadata?.[name] === undefined) return of
  const { [name]: _wish, ...rest } = metadata
  return { ...of, metadata: rest }
}
