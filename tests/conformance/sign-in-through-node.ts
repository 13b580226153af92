import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { SignInClient } from '@ambit/sdk/records'
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
export async function signInThroughNode(server: DrivenServer): Promise<void> {
  await using node = await startTestNode({ env: { AMBIT_OAUTH_CLIENT_DOCUMENT: clientDocument } })
  const { ambit } = node
  const client = clientOf((server.context ?? {}) as SignInContext)
  await signingIn(ambit, async () => {
    await ambit.records.register({ url: server.url, slug: 'runner', ...(client && { client }) })
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
      await ambit.records.endSignIn(answer as { state: string })
    }
  }
}

/** Where one signs in, where that is what was missing. */
async function addressOf(ambit: Ambit, error: unknown): Promise<string | undefined> {
  if (error instanceof AmbitProblem && error.code === 'record.sign-in')
    return (error.members['signIn'] as { url: string }).url
  if (error instanceof CallFailed && error.message.includes('/registry/runner/sign-in'))
    return (await ambit.records.beginSignIn('runner')).url
  return undefined
}

function clientOf(context: SignInContext): SignInClient | undefined {
  const { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey } = context
  if (clientId === undefined) return undefined
  if (privateKey !== undefined) return { clientId, privateKey, grant: 'client_credentials' }
  return { clientId, ...(clientSecret && { clientSecret }) }
}
