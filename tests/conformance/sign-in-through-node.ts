import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { SignInClient } from '@ambit/sdk/sign-ins'
import type { DrivenServer } from '@ambit/testkit/conformance-mcp-client'
import { clientDocument, sentBack } from '@ambit/testkit/conformance-mcp-sign-in'
import type { SignInContext } from '@ambit/testkit/conformance-mcp-sign-in'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { allow, startTestNode } from '@ambit/testkit/start-node'

/** Servers that ask again and again are given up after so many sign-ins, as a person would. */
const signInsMax = 3

/**
 * Registers the runner's server with a node and calls it, signing in wherever the node says so: the person's part is
 * played here, the client's by the node.
 */
export async function signInThroughNode(scenario: string, server: DrivenServer): Promise<void> {
  await using node = await startTestNode({ env: { AMBIT_OAUTH_CLIENT_DOCUMENT: clientDocument } })
  const { ambit } = node
  const context = (server.context ?? {}) as SignInContext
  const more = {
    client: clientOf(scenario, context),
    idToken: context.idp_id_token,
  }
  await signingIn(ambit, async () => {
    await ambit.records.register({ url: server.url, slug: 'runner', ...given(more) })
  })
  await ambit.records.accept('runner')
  await ambit.records.submit('runner')
  await ambit.records.activate('runner')
  const access = await allow(ambit, [{ target: 'runner', capability: '*', decision: 'autonomous' }])
  const caller = await connectMcpClient(access.mcpUrl, { token: access.token })
  await caller.tools()
  await signingIn(ambit, async () => {
    const result = await caller.call('test-tool')
    if (result['isError'] === true) throw new CallFailed(JSON.stringify(result))
  })
  await caller.close()
}

class CallFailed extends Error {}

async function signingIn(ambit: Ambit, run: () => Promise<void>): Promise<void> {
  for (let signIns = 0; ; signIns++) {
    try {
      await run()
      return
    } catch (error) {
      const address = await addressOf(ambit, error)
      if (address === undefined || signIns === signInsMax) throw error
      const answer = Object.fromEntries(await sentBack(address))
      await ambit.signIns.end(answer as { state: string })
    }
  }
}

/** Where one signs in, where that is what was missing. */
async function addressOf(ambit: Ambit, error: unknown): Promise<string | undefined> {
  if (error instanceof AmbitProblem && error.code === 'record.sign-in')
    return (error.members['signIn'] as { url: string }).url
  if (error instanceof CallFailed && error.message.includes('/registry/runner/sign-in'))
    return (await ambit.signIns.begin('runner')).url
  return undefined
}

/** What an operator and a person set up beforehand, as the scenario tells it. */
function clientOf(scenario: string, context: SignInContext): SignInClient | undefined {
  const { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey } = context
  const { idp_token_endpoint: tokenEndpoint, idp_client_id: idpClient } = context
  if (clientId === undefined) return undefined
  const client = given<SignInClient>({ clientId, clientSecret, privateKey })
  if (tokenEndpoint !== undefined && idpClient !== undefined)
    return { ...client, grant: 'jwt_bearer', identityProvider: { tokenEndpoint, clientId: idpClient } }
  return scenario.startsWith('auth/client-credentials') ? { ...client, grant: 'client_credentials' } : client
}

function given<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
