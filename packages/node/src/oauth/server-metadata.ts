import { proofAlgorithms } from './dpop.ts'
import { exchangeGrant } from './exchange.ts'
import { scopes } from './resources.ts'
import { wishType } from './wish.ts'

const paths = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const

/** By any of the addresses clients try (RFC 8414 section 3.1 and 5, OpenID Connect Discovery, MCP authorization). */
export function isServerMetadataPath(path: string): boolean {
  return (
    paths.some((known) => path === known || path === `${known}/mcp` || path.startsWith(`${known}/mcp/`)) ||
    path === '/mcp/.well-known/openid-configuration'
  )
}

/**
 * Authorization server metadata (RFC 8414). Nobody gets an ID token; what OpenID Connect asks of its own form of this
 * document is in it, for the clients that look for that form.
 */
export function serverMetadata(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    registration_endpoint: `${issuer}/oauth/register`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    jwks_uri: `${issuer}/oauth/jwks`,
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', exchangeGrant],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    authorization_details_types_supported: [wishType],
    dpop_signing_alg_values_supported: proofAlgorithms,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
  }
}
