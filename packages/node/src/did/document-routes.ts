import { didDocumentSchema } from '@ambit/core/id/did-document'
import type { DidDocument } from '@ambit/core/id/did-document'
import { z } from 'zod'
import { defaultOrganization } from '../identity/identity.ts'
import { digestValue } from '../kernel/digest.ts'
import { route } from '../kernel/route.ts'
import type { RouteReply, Route } from '../kernel/route.ts'
import type { OpenAgentKeys } from './did.ts'

/** Seconds a document may be kept: a key that is over is still refused here at once, elsewhere after that long. */
const maxAgeS = 60
const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
const organization = z.string().min(1).max(100)
/** The segment that binds a did:wba to a key. */
const binding = z.string().regex(/^e1_[A-Za-z0-9_-]{43}$/)

/** DID documents, for everyone: of the node, and of agents in force. */
export function didDocumentRoutes(keys: OpenAgentKeys): Route[] {
  const reply = didDocumentSchema
  const access = 'public' as const
  return [
    route({
      method: 'GET',
      path: '/.well-known/did.json',
      summary: 'The DID document of the node.',
      access,
      reply,
      handle: async () => replyOf(keys.nodeDocument()),
    }),
    route({
      method: 'GET',
      path: '/agents/:slug/did.json',
      summary: 'The DID document (did:web) of an agent in force.',
      access,
      params: z.strictObject({ slug }),
      reply,
      handle: async ({ params }) => replyOf(keys.agentDocument(defaultOrganization, params.slug)),
    }),
    route({
      method: 'GET',
      path: '/agents/:slug/:binding/did.json',
      summary: 'The DID document of an agent in force, by its did:wba that is bound to one of its keys.',
      access,
      params: z.strictObject({ slug, binding }),
      reply,
      handle: async ({ params }) =>
        replyOf(keys.agentDocument(defaultOrganization, params.slug, params.binding)),
    }),
    route({
      method: 'GET',
      path: '/organizations/:organization/agents/:slug/did.json',
      summary: 'The DID document (did:web) of an agent in force of another organization of the node.',
      access,
      params: z.strictObject({ organization, slug }),
      reply,
      handle: async ({ params }) => replyOf(keys.agentDocument(params.organization, params.slug)),
    }),
    route({
      method: 'GET',
      path: '/organizations/:organization/agents/:slug/:binding/did.json',
      summary: 'The same by its did:wba.',
      access,
      params: z.strictObject({ organization, slug, binding }),
      reply,
      handle: async ({ params }) =>
        replyOf(keys.agentDocument(params.organization, params.slug, params.binding)),
    }),
  ]
}

/** Pages of other sites may read it: there is nothing in it that anybody must not know. */
function replyOf(document: DidDocument): RouteReply<DidDocument> {
  return {
    body: document,
    headers: {
      'cache-control': `public, max-age=${maxAgeS}`,
      etag: `"${digestValue(document).slice('sha256:'.length, 'sha256:'.length + 32)}"`,
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    },
  }
}
