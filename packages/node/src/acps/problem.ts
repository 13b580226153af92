import { problemOf } from '@ambit/core/fault'
import type { Fault, FaultCode } from '@ambit/core/fault'
import { atrCodes } from '@ambit/core/wire/acps/entity'
import type { AtrCode, AtrError } from '@ambit/core/wire/acps/entity'

type Group = 'agent' | 'auth' | 'eab' | 'verification'

/** Names of the reference registry (2.1) for what it names too, by ours, and its status where that is another one. */
const names: Readonly<Partial<Record<FaultCode, readonly [Group, string, number?]>>> = {
  'acps.credentials': ['auth', 'INVALID_CREDENTIALS'],
  'acps.registration': ['auth', 'REGISTRATION_CLOSED'],
  'auth.missing': ['auth', 'TOKEN_VALIDATION_ERROR'],
  'auth.unknown-token': ['auth', 'INVALID_TOKEN'],
  'auth.expired': ['auth', 'EXPIRED_TOKEN'],
  'auth.role': ['auth', 'INSUFFICIENT_PERMISSIONS'],
  'acps.verification': ['verification', 'VERIFICATION_NOT_OFFERED'],
  'ca.name': ['eab', 'AIC_NOT_OWNED'],
  'ca.record': ['eab', 'AIC_INACTIVE', 403],
  'input.not-found': ['agent', 'AGENT_NOT_FOUND'],
  'acps.specification': ['agent', 'INVALID_ACS'],
  'format.invalid': ['agent', 'INVALID_ACS'],
  'format.too-large': ['agent', 'INVALID_ACS'],
  'format.address': ['agent', 'INVALID_ACS'],
  'record.invalid': ['agent', 'INVALID_ACS'],
  'acps.code': ['agent', 'INVALID_AIC'],
  'acps.status': ['agent', 'INVALID_STATUS_TRANSITION'],
  'record.state': ['agent', 'INVALID_STATUS_TRANSITION', 400],
  'record.name-taken': ['agent', 'AGENT_NAME_ALREADY_CLAIMED'],
  'record.name-held': ['agent', 'AGENT_NAME_ALREADY_CLAIMED'],
  'record.name-reserved': ['agent', 'AGENT_NAME_ALREADY_CLAIMED'],
  'record.name-confusable': ['agent', 'AGENT_NAME_ALREADY_CLAIMED'],
  'record.version-taken': ['agent', 'AGENT_NAME_VERSION_EXISTS'],
  'input.conflict': ['agent', 'AGENT_NAME_VERSION_EXISTS'],
}

export interface ProblemReply {
  readonly status: number
  readonly type: string
  readonly content: string
}

/** RFC 9457 as the registry of ACPs has it: `urn:acps:error:<group>:<name>`. Clients show the detail alone, so it says all. */
export function registryProblem(fault: Fault): ProblemReply {
  const known = names[fault.code]
  const group = known?.[0] ?? (fault.code === 'input.invalid' ? 'validation' : 'agent')
  const name = known?.[1] ?? fault.code.replaceAll(/[.-]/g, '_').toUpperCase()
  const status = known?.[2] ?? fault.status
  const body = {
    ...problemOf(fault),
    status,
    type: `urn:acps:error:${group}:${name.toLowerCase()}`,
    detail: sentences(fault),
    error_name: name,
    error_group: group,
    input_params: {},
  }
  return { status, type: 'application/problem+json', content: JSON.stringify(body) }
}

const numbers: Readonly<Partial<Record<FaultCode, AtrCode>>> = {
  'acps.code': atrCodes.malformed,
  'acps.agent-unknown': atrCodes.agentUnknown,
  'acps.agent-inactive': atrCodes.agentInactive,
  'acps.agent-bare': atrCodes.specificationMissing,
  'acps.peer': atrCodes.unauthenticated,
  'acps.ontology-access': atrCodes.refused,
  'acps.ontology-unknown': atrCodes.ontologyUnknown,
  'acps.ontology-inactive': atrCodes.ontologyInactive,
  'acps.quota': atrCodes.quota,
  'acps.end-point': atrCodes.endPointTaken,
  'ownership.required': atrCodes.refused,
  'record.quarantined': atrCodes.refused,
}

/** The error of the ATR protocol: a number that begins with the status of HTTP. */
export function atrProblem(fault: Fault): ProblemReply {
  const { code, where } = fault
  const number = numbers[code] ?? numberOf(fault.status)
  const body: AtrError = {
    status: 'error',
    error: {
      code: number,
      message: sentences(fault),
      data: { fault: code, ...(where === undefined ? {} : { where }) },
    },
  }
  // How large, how often and whose fault it is say only the statuses of HTTP.
  const isOfHttp = fault.status === 413 || fault.status === 429 || fault.status >= 500
  const status = isOfHttp ? fault.status : Math.floor(number / 100)
  return { status, type: 'application/json', content: JSON.stringify(body) }
}

function numberOf(status: number): AtrCode {
  if (status === 401) return atrCodes.unauthenticated
  if (status === 403) return atrCodes.refused
  return status >= 500 ? atrCodes.internal : atrCodes.malformed
}

function sentences({ title, detail, where, remedy }: Fault): string {
  return `${title}: ${detail}${where === undefined ? '' : ` (${where})`}. ${remedy}`
}
