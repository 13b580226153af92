import { X509Certificate } from 'node:crypto'
import { openAcmeAccount, orderCertificate } from '@ambit/sdk/certificate-acme'
import type { connectAmbit } from '@ambit/sdk/client'
import { certifiedClient } from '@ambit/testkit/agent-client'
import type { AgentIdentity } from '@ambit/testkit/agent-client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { must } from './steps.ts'
import type { Steps } from './steps.ts'

type Ambit = ReturnType<typeof connectAmbit>
/** The revocation is in force when the call for it returns; longer than this and something hangs. */
const refusedWithinMs = 1000

/** An agent gets its certificate by ACME, acts by it without any token, and is turned away once it is taken back. */
export async function certificateSteps(steps: Steps, ambit: Ambit, agentsPort: number): Promise<void> {
  const address = `https://localhost:${agentsPort}/mcp`
  let identity: AgentIdentity | undefined
  await steps.step('certificate', async () => {
    const account = await openAcmeAccount(await ambit.certificates.credential('greeter'))
    identity = await orderCertificate(account, 'clientAuth')
    const { subject, validTo } = new X509Certificate(identity.chain)
    return `greeter got one by ACME: ${subject.split('\n')[0]}, until ${validTo}`
  })
  const { trustBundle } = await ambit.certificates.list()
  const client = certifiedClient(trustBundle, identity)
  await steps.step('act (mTLS)', async () => {
    await ambit.mandates.grant({
      purpose: 'show what a certificate is for',
      allow: [{ target: 'everything', capability: 'echo', decision: 'autonomous' }],
      agent: 'greeter',
      expiresInDays: 1,
    })
    const mcp = await connectMcpClient(address, { fetch: client.fetch })
    const answer = JSON.stringify(await mcp.call('echo', { message: 'by certificate' }))
    must(answer.includes('by certificate'), answer)
    await mcp.close()
    return 'greeter calls a tool by its certificate alone, under the mandate that names it'
  })
  await steps.step('revoke', async () => {
    const revoked = performance.now()
    await ambit.certificates.revoke('greeter')
    for (;;) {
      const answered = await client.fetch(address, { method: 'POST', body: '{}' }).catch(() => undefined)
      const tookMs = Math.round(performance.now() - revoked)
      if (answered === undefined) return `no connection any more, ${tookMs} ms after it was asked for`
      must(tookMs < refusedWithinMs, `still answered after ${tookMs} ms`)
    }
  })
  client.close()
}
