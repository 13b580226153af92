import { connectAmbit } from '@ambit/sdk/client'
import { verifyReceipt } from '@ambit/sdk/verify'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { everythingCommand } from '@ambit/testkit/mcp-everything'
import { certificateSteps } from './tour/certificate.ts'
import { a2aClient, mcpClient } from './tour/clients.ts'
import { must, Steps } from './tour/steps.ts'
import { bringOnline, startRunningNode } from './running-node.ts'

/**
 * The closed loop on real agents: `@modelcontextprotocol/server-everything` and an agent built on `@a2a-js/sdk`, called by
 * the official clients through a node that was just started. `npm run tour [-- --json]`.
 */
const json = process.argv.includes('--json')
const steps = new Steps((line) => (json ? undefined : console.log(line)))
try {
  await tour()
} catch (error) {
  if (!json) console.error(error)
}
if (json) console.log(JSON.stringify({ steps: steps.done, ok: steps.ok }))
else console.log(steps.ok ? '\nThe loop is closed.' : '\nThe tour ended early.')
process.exit(steps.ok ? 0 : 1)

async function tour(): Promise<void> {
  await using node = await startRunningNode({ AMBIT_AGENTS_PORT: '0' })
  const agent = await startA2aAgent()
  const { ambit } = node
  await steps.step('start', async () => `the node is up after ${Math.round(node.startMs)} ms`)
  await steps.step('register', async () => {
    const { program, args } = everythingCommand
    await bringOnline(ambit, { command: { program, args: [...args] } }, 'everything')
    await bringOnline(ambit, { url: agent.url }, 'greeter')
    const { records } = await ambit.records.list()
    return records.map((record) => `${record.slug} (${record.id}) is ${record.state}`).join(', ')
  })
  await steps.step('certify', async () => {
    const results = await Promise.all(
      ['everything', 'greeter'].map(async (slug) => await ambit.records.certify(slug)),
    )
    must(
      results.every((result) => result.certified),
      JSON.stringify(results.map((result) => result.checks)),
    )
    return `${results.flatMap((result) => result.checks).length} checks against the live agents passed`
  })
  const access = await grant(ambit)
  await acts(node.url, ambit, access)
  await certificateSteps(steps, ambit, node.agentsPort)
  await recallInFlight(ambit, access)
  await agent.close()
}

interface Access {
  readonly token: string
  readonly mcpUrl: string
  readonly a2aUrl: string
}

async function grant(ambit: ReturnType<typeof connectAmbit>): Promise<Access> {
  let access: Access | undefined
  await steps.step('mandate', async () => {
    const mandate = await ambit.mandates.grant({
      purpose: 'show the closed loop',
      allow: [
        { target: 'everything', capability: 'echo', decision: 'autonomous' },
        { target: 'everything', capability: 'trigger-long-running-operation', decision: 'autonomous' },
        { target: 'everything', capability: 'get-sum', decision: 'ask' },
        { target: 'greeter', capability: '*', decision: 'autonomous' },
      ],
      limits: { calls: 100 },
      expiresInDays: 1,
    })
    access = await ambit.mandates.connect(mandate.id, { client: 'mcp-json' })
    return `${mandate.id}: 3 tools of everything, all of greeter, 100 calls`
  })
  must(access !== undefined, 'the mandate gave no token')
  return access
}

async function acts(url: string, ambit: ReturnType<typeof connectAmbit>, access: Access): Promise<void> {
  const client = await mcpClient(access.mcpUrl, access.token, async (address) => {
    const id = address.slice(address.lastIndexOf('/') + 1)
    const card = await ambit.approvals.get(id)
    await ambit.approvals.approve(id, card.digest)
    await settled(ambit, id)
  })
  await steps.step('act (MCP)', async () => {
    const { tools } = await client.listTools()
    const names = tools.map((tool) => tool.name)
    // Where something may be asked, the node adds a tool of its own, by which an agent hands in its plan.
    const isAllowed = names.length === 4 && names.includes('ambit_plan')
    must(isAllowed, `the client sees ${names.join(', ')}`)
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
    must(JSON.stringify(answer.content).includes('hello'), JSON.stringify(answer))
    return `a stock client speaking ${client.getNegotiatedProtocolVersion()} sees 3 tools, beside the node's own, and calls one`
  })
  await steps.step('act (A2A)', async () => await a2aActs(access))
  await steps.step('ask, approve', async () => {
    const answer = await client.callTool({ name: 'get-sum', arguments: { a: 19, b: 23 } })
    must(JSON.stringify(answer.content).includes('42'), JSON.stringify(answer))
    return 'the call waited for a person, who approved it in Ambit, and then happened once'
  })
  await steps.step('refuse', async () => {
    const answer = await client.callTool({ name: 'get-env', arguments: {} })
    must(
      answer.isError === true && JSON.stringify(answer).includes('mandate.no-entry'),
      JSON.stringify(answer),
    )
    return 'a tool outside the mandate is answered with the reason, the rule and how to ask'
  })
  await steps.step('receipt', async () => {
    const [last] = (await ambit.acts.list({ limit: 20 })).acts.filter((act) => act.capability === 'get-sum')
    must(last !== undefined, 'the act is not in the feed')
    const receipt = await ambit.acts.receipt(last.act)
    const status = await connectAmbit({ url, token: '' })
      .status()
      .catch(() => undefined)
    const verdict = await verifyReceipt(receipt)
    must(verdict.ok, JSON.stringify(verdict))
    must(status === undefined, 'the status is shown to nobody without a token')
    return `${verdict.leaves.length} leaves proved in a log of ${verdict.checkpointSize}, without network or database`
  })
  await client.close()
}

/** Until the approved act has ended. */
async function settled(ambit: ReturnType<typeof connectAmbit>, id: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { state } = await ambit.approvals.get(id)
    if (state !== 'approved' && state !== 'performing') return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the approved act did not end')
}

async function a2aActs(access: Access): Promise<string> {
  const client = await a2aClient(`${access.a2aUrl}/greeter/`, access.token)
  const message = (text: string) => ({
    tenant: '',
    message: {
      messageId: crypto.randomUUID(),
      contextId: '',
      taskId: '',
      role: 1,
      parts: [
        {
          content: { $case: 'text' as const, value: text },
          metadata: undefined,
          filename: '',
          mediaType: '',
        },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: undefined,
    metadata: undefined,
  })
  const answer = await client.sendMessage(message('hello'))
  must(JSON.stringify(answer).includes('hello'), JSON.stringify(answer))
  let events = 0
  for await (const event of client.sendMessageStream(message('stream please'))) {
    must(event !== undefined, 'an empty event')
    events++
  }
  must(events > 1, `the stream had ${events} events`)
  return `a stock client sends a message and streams ${events} events`
}

async function recallInFlight(ambit: ReturnType<typeof connectAmbit>, access: Access): Promise<void> {
  const client = await mcpClient(access.mcpUrl, access.token, async () => undefined)
  await steps.step('recall', async () => {
    const long = client
      .callTool({ name: 'trigger-long-running-operation', arguments: { duration: 30, steps: 30 } })
      .then(
        (answer) => JSON.stringify(answer),
        (failure: unknown) => String(failure),
      )
    while ((await ambit.status()).inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const recalled = await ambit.records.recall('everything', { note: 'shown by the tour' })
    const ended = await long
    must(recalled.stopped >= 1, 'nothing was under way')
    must(ended.includes('recalled'), ended)
    const { tools } = await client.listTools()
    must(tools.length === 0, 'a recalled server still shows tools')
    return `a call of 30 s ended after ${recalled.tookMs} ms; its tools are gone`
  })
  await steps.step('reinstate', async () => {
    await ambit.records.reinstate('everything', 'shown by the tour')
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'back' } })
    must(JSON.stringify(answer.content).includes('back'), JSON.stringify(answer))
    return 'the same client calls it again'
  })
  await client.close()
}
