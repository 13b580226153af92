import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addSignatures, cosign } from '@ambit/core/log/cosignature'
import { intent, outcome, act, TestLog } from '@ambit/core/receipt-fixture'
import { afterAll, expect, test } from 'vitest'
import { fakeTerminal } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-verify-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('the witnesses of a policy must have cosigned every log of a receipt', async () => {
  const first = await TestLog.make('node.example/2026h2')
  const second = await TestLog.make('node.example/2027h1')
  const witness = await TestLog.makeWitness('witness.example')
  const cosigned = async (checkpoint: string): Promise<string> =>
    addSignatures(checkpoint, [
      await cosign(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1), witness, 1_790_000_000),
    ])
  const leaves = [first.leaf(first.append(intent)), second.leaf(second.append(outcome), 1)]
  const receipt = (checkpoint: string): string => {
    const log = first.named
    return JSON.stringify({
      v: 1,
      type: 'receipt',
      act,
      log,
      checkpoint: witnessed,
      more: [{ log: second.named, checkpoint }],
      leaves,
    })
  }
  const witnessed = await cosigned(first.checkpoint())
  const policy = file(
    'policy',
    `log ${first.vkey}\nlog ${second.vkey}\nwitness ours ${witness.vkey}\nquorum ours\n`,
  )
  const verify = async (text: string) => {
    const terminal = fakeTerminal({})
    const exitCode = await runAmbit(['log', 'verify', file('receipt', text), '--policy', policy], terminal)
    return { exitCode, text: terminal.printed.join('\n') }
  }
  const held = await verify(receipt(await cosigned(second.checkpoint())))
  expect(held).toMatchObject({ exitCode: 0, text: expect.stringContaining('ours') as string })
  expect(await verify(receipt(second.checkpoint()))).toMatchObject({ exitCode: 1 })
})
