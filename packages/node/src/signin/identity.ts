import { Fault } from '@ambit/core/fault'
import { allowInsecureRequests, customFetch, genericTokenEndpointRequest } from 'oauth4webapi'
import { z } from 'zod'
import { proofOf, secretMethod } from './client.ts'
import type { IdentityProvider } from './client.ts'
import { safeAddress } from './guarded-fetch.ts'
import type { GuardedFetch } from './guarded-fetch.ts'

const types = {
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  assertion: 'urn:ietf:params:oauth:token-type:id-jag',
} as const

const answerSchema = z.looseObject({
  access_token: z.string().min(1).max(16_384),
  issued_token_type: z.literal(types.assertion),
})

/**
 * Lets the identity provider of an organisation say who a person is to one authorization server (`identity assertion
 * JWT authorization grant`; MCP extension `io.modelcontextprotocol/enterprise-managed-authorization`): the person's ID
 * token is exchanged for a grant (RFC 8693). Undefined: the provider does not take the ID token any more.
 */
export async function assertIdentity(
  fetch: GuardedFetch,
  provider: IdentityProvider,
  idToken: string,
  audience: string,
  resource: string,
): Promise<string | undefined> {
  const { clientId, clientSecret } = provider
  const tokenEndpoint = safeAddress(provider.tokenEndpoint).href
  const server = { issuer: tokenEndpoint, token_endpoint: tokenEndpoint }
  const client = {
    clientId,
    clientSecret,
    method: secretMethod(clientSecret !== undefined, undefined, server),
  }
  const response = await genericTokenEndpointRequest(
    server,
    { client_id: clientId },
    await proofOf(client),
    types.exchange,
    {
      subject_token: idToken,
      subject_token_type: types.idToken,
      requested_token_type: types.assertion,
      audience,
      resource,
    },
    { [customFetch]: fetch, [allowInsecureRequests]: true },
  )
  if (response.status === 400 || response.status === 401) return undefined
  const parsed = answerSchema.safeParse(await response.json().catch(() => undefined))
  if (response.ok && parsed.success) return parsed.data.access_token
  throw new Fault('sign-in.unavailable', {
    detail: `the identity provider did not vouch for the person (HTTP status ${response.status})`,
    where: new URL(tokenEndpoint).host,
  })
}
