import { z } from 'zod'
import { isTextTooDeep } from '../wire/depth.ts'
import { keyBytes } from './did-key.ts'
import { splitDidUrl } from './did.ts'
import { keyOfJwk } from './public-jwk.ts'

/** Documents of real agents have a few KiB. */
export const didDocumentBytesMax = 64 * 1024
const listedMax = 50
const uri = z.string().min(1).max(2000)

const methodSchema = z.looseObject({
  id: uri,
  type: z.string().max(100),
  controller: uri,
  publicKeyMultibase: z.string().max(1000).optional(),
  publicKeyJwk: z.record(z.string().max(100), z.unknown()).optional(),
})
const relationSchema = z.array(z.union([uri, methodSchema])).max(listedMax)
const serviceSchema = z.looseObject({
  id: uri,
  type: z.union([z.string().max(200), z.array(z.string().max(200)).max(listedMax)]),
  serviceEndpoint: z.union([
    uri,
    z.looseObject({}),
    z.array(z.union([uri, z.looseObject({})])).max(listedMax),
  ]),
})

/** A DID document (W3C DID Core 1.0, section 5). Members that this project has no use for stay as they are. */
export const didDocumentSchema = z.looseObject({
  '@context': z.union([z.string().max(2000), z.array(z.unknown()).max(listedMax)]).optional(),
  id: uri,
  alsoKnownAs: z.array(uri).max(listedMax).optional(),
  controller: z.union([uri, z.array(uri).max(listedMax)]).optional(),
  verificationMethod: z.array(methodSchema).max(listedMax).optional(),
  authentication: relationSchema.optional(),
  assertionMethod: relationSchema.optional(),
  keyAgreement: relationSchema.optional(),
  capabilityInvocation: relationSchema.optional(),
  capabilityDelegation: relationSchema.optional(),
  service: z.array(serviceSchema).max(listedMax).optional(),
})
export type DidDocument = z.infer<typeof didDocumentSchema>
type Method = z.infer<typeof methodSchema>

export type DocumentReading =
  | { readonly ok: true; readonly document: DidDocument; readonly keys: readonly DocumentKey[] }
  /** Why it is none, in a sentence without its subject. */
  | { readonly ok: false; readonly why: string }

/** A key that a document says speaks for its subject. */
export interface DocumentKey {
  /** The DID URL by which signatures name it. */
  readonly id: string
  /** did:key */
  readonly key: string
}

/**
 * Reads the document of a DID: bounded in size and depth, about that very DID, and without the private half of a key.
 * Its keys are those that it lists for authentication or assertion, controls itself, and that are Ed25519 or P-256.
 */
export function readDidDocument(text: string, did: string): DocumentReading {
  if (text.length > didDocumentBytesMax) return no(`is larger than ${didDocumentBytesMax} bytes`)
  if (isTextTooDeep(text)) return no('is nested too deep')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return no('is not JSON')
  }
  const parsed = didDocumentSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return no(`is not of its form at \`${issue?.path.join('.').slice(0, 100) ?? ''}\``)
  }
  const document = parsed.data
  if (document.id !== did) return no('is about another DID')
  const methods = methodsOf(document)
  if (methods.some(({ publicKeyJwk }) => publicKeyJwk !== undefined && 'd' in publicKeyJwk))
    return no('shows the private half of a key')
  return { ok: true, document, keys: methods.flatMap((method) => keyOf(method, did)) }
}

/** Methods that are listed for authentication or assertion, by reference or in place. */
function methodsOf(document: DidDocument): readonly Method[] {
  const byId = new Map(
    (document.verificationMethod ?? []).map((method) => [absolute(method.id, document.id), method]),
  )
  const found = new Map<string, Method>()
  for (const each of [...(document.authentication ?? []), ...(document.assertionMethod ?? [])]) {
    const id = absolute(typeof each === 'string' ? each : each.id, document.id)
    const method = typeof each === 'string' ? byId.get(id) : each
    if (method !== undefined) found.set(id, method)
  }
  return [...found.values()]
}

function keyOf(method: Method, did: string): DocumentKey[] {
  const id = absolute(method.id, did)
  const { did: owner, fragment } = splitDidUrl(id)
  if (method.controller !== did || owner !== did || fragment === undefined || fragment === '') return []
  const key = publicKeyOf(method)
  return key === undefined ? [] : [{ id, key }]
}

const multibaseTypes: ReadonlySet<string> = new Set(['Multikey', 'Ed25519VerificationKey2020'])
const jwkTypes: ReadonlySet<string> = new Set(['JsonWebKey', 'JsonWebKey2020'])

function publicKeyOf({ type, publicKeyMultibase, publicKeyJwk }: Method): string | undefined {
  if (multibaseTypes.has(type) && publicKeyMultibase !== undefined) {
    const key = `did:key:${publicKeyMultibase}`
    return keyBytes(key) === undefined ? undefined : key
  }
  return jwkTypes.has(type) && publicKeyJwk !== undefined ? keyOfJwk(publicKeyJwk) : undefined
}

function absolute(id: string, did: string): string {
  return id.startsWith('#') ? `${did}${id}` : id
}

export interface DocumentParts {
  readonly did: string
  /** did:key, those preferred first. */
  readonly keys: readonly string[]
  readonly alsoKnownAs?: readonly string[]
  readonly controller?: string
  readonly services?: readonly { readonly fragment: string; readonly type: string; readonly url: string }[]
}

/** The document of a subject: each key as a Multikey method, by its own text as the fragment. */
export function buildDidDocument({ did, keys, alsoKnownAs = [], controller, services = [] }: DocumentParts) {
  const methods = keys.map((key) => {
    const multibase = key.slice('did:key:'.length)
    return { id: methodId(did, key), type: 'Multikey', controller: did, publicKeyMultibase: multibase }
  })
  const ids = methods.map(({ id }) => id)
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    ...(alsoKnownAs.length === 0 ? {} : { alsoKnownAs: [...alsoKnownAs] }),
    ...(controller === undefined ? {} : { controller }),
    verificationMethod: methods,
    authentication: ids,
    assertionMethod: ids,
    ...(services.length === 0
      ? {}
      : {
          service: services.map(({ fragment, type, url }) => ({
            id: `${did}#${fragment}`,
            type,
            serviceEndpoint: url,
          })),
        }),
  } satisfies DidDocument
}

/** The DID URL of a key in a document that this project built. */
export function methodId(did: string, key: string): string {
  return `${did}#${key.slice('did:key:'.length)}`
}

function no(why: string): DocumentReading {
  return { ok: false, why }
}
