import { Fault } from '@ambit/core/fault'
import { faultRows } from '@ambit/core/faults/table'
import type { FaultCode } from '@ambit/core/faults/table'
import { expect, test } from 'vitest'
import { atrProblem, registryProblem } from './problem.ts'

const codes = Object.keys(faultRows) as FaultCode[]

test('every fault has a name and a group in the words of the registry, and its own code beside them', () => {
  for (const code of codes) {
    const { status, type, content } = registryProblem(new Fault(code, { detail: 'd', where: 'w' }))
    const body = JSON.parse(content) as Record<string, unknown>
    expect(type).toBe('application/problem+json')
    expect(body).toMatchObject({ status, code, input_params: {} })
    expect(body['error_name']).toMatch(/^[A-Z0-9_]+$/)
    expect(body['type']).toBe(
      `urn:acps:error:${body['error_group'] as string}:${(body['error_name'] as string).toLowerCase()}`,
    )
  }
})

test('every fault has a number of the ATR protocol that begins with its status', () => {
  for (const code of codes) {
    const fault = new Fault(code, { detail: 'd' })
    const { status, content } = atrProblem(fault)
    const { error } = JSON.parse(content) as { error: { code: number; data: unknown } }
    const isOfHttp = [413, 429].includes(fault.status) || fault.status >= 500
    if (isOfHttp) expect([status, error.code >= 50_000]).toEqual([fault.status, fault.status >= 500])
    else expect(Math.floor(error.code / 100)).toBe(status)
    if (code.startsWith('acps.')) expect(status).toBe(fault.status)
    expect(error.data).toEqual({ fault: code })
  }
})

test('what went wrong inside is not told', () => {
  const fault = Fault.from(new Error('secret of the inside'))
  expect(registryProblem(fault).content).not.toContain('secret')
  expect(atrProblem(fault).content).not.toContain('secret')
})
