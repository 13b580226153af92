import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { ann, approvalWorld, bob, payment, transferring } from './approval-fixture.ts'
import { deny } from './decision.ts'
import { editForm } from './edit-form.ts'

const code = (wanted: string) => ({ code: wanted })

describe.each(storeEngines)('the form of an approval on $name', (engine) => {
  test('gives whole values and the schema to the person whose act it is, and no secret', async () => {
    await using store = await engine.open()
    const { approvals, cardOf } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    const form = {
      digest: await cardOf(id),
      values: { to: 'bob', amount: 10 },
      secrets: ['secretWord'],
      schema: transferring.served['inputSchema'],
    }
    expect(await editForm(approvals.parts, ann, id)).toEqual(form)
    // The values are their person's to change, and nobody else's.
    await expect(editForm(approvals.parts, bob, id)).rejects.toMatchObject(code('approval.not-yours'))
  })

  test('is nobody’s who may not decide, and nobody’s once it is decided', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    const { parts } = approvals
    const token = { ...ann, by: 'token' } as const
    const auditor = { ...bob, roles: ['auditor'] } as const
    const stranger = { ...bob, organization: 'other' }
    await expect(editForm(parts, token, id)).rejects.toMatchObject(code('approval.session'))
    await expect(editForm(parts, auditor, id)).rejects.toMatchObject(code('approval.not-yours'))
    await expect(editForm(parts, stranger, id)).rejects.toMatchObject(code('input.not-found'))
    await deny(parts, ann, id)
    await expect(editForm(parts, ann, id)).rejects.toMatchObject(code('approval.decided'))
  })

  test('there is none where nothing has a name, and none for a draft of another person', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const plain = await approvals.ask({ ...payment, arguments: ['bob', 10] })
    await expect(editForm(approvals.parts, ann, plain.id)).rejects.toMatchObject(code('approval.edit'))
    const draft = await approvals.draft(payment)
    await expect(editForm(approvals.parts, bob, draft.id)).rejects.toMatchObject(code('approval.not-yours'))
  })
})
