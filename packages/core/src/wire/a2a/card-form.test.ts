import { expect, test } from 'vitest'
import { canonicalCard, withoutDefaults } from './card-form.ts'

test("the specification's own example", () => {
  const fragment = {
    name: 'Example Agent',
    description: '',
    capabilities: { streaming: false, pushNotifications: false, extensions: [] },
    skills: [],
  }
  expect(canonicalCard(fragment)).toBe(
    '{"capabilities":{"pushNotifications":false,"streaming":false},"description":"","name":"Example Agent","skills":[]}',
  )
})

test('keeps REQUIRED members and optional ones that were given, and leaves out every other default', () => {
  const card = {
    name: '',
    documentationUrl: '',
    iconUrl: '',
    supportedInterfaces: [{ url: '', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' }],
    capabilities: {
      extendedAgentCard: false,
      extensions: [{ uri: 'u', description: '', required: false, params: { a: '' } }],
    },
    defaultInputModes: [],
    skills: [
      {
        id: 's',
        name: '',
        description: '',
        tags: [],
        examples: [],
        inputModes: [],
        securityRequirements: [],
      },
    ],
    provider: null,
    securitySchemes: {
      key: { apiKeySecurityScheme: { description: '', location: '', name: '' } },
      tls: { mtlsSecurityScheme: {} },
    },
    securityRequirements: [{ schemes: { key: { list: [] } } }],
    signatures: [{ protected: 'x', signature: 'y' }],
    vendor: { a: '', b: [], c: false },
  }
  expect(withoutDefaults(card)).toEqual({
    name: '',
    documentationUrl: '',
    iconUrl: '',
    supportedInterfaces: [{ url: '', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { extendedAgentCard: false, extensions: [{ uri: 'u', params: { a: '' } }] },
    defaultInputModes: [],
    skills: [{ id: 's', name: '', description: '', tags: [] }],
    securitySchemes: {
      key: { apiKeySecurityScheme: { location: '', name: '' } },
      tls: { mtlsSecurityScheme: {} },
    },
    securityRequirements: [{ schemes: { key: {} } }],
    vendor: { a: '', b: [], c: false },
  })
})

test('a scheme named as a default of another kind stays', () => {
  const scheme = { description: { httpAuthSecurityScheme: { scheme: 'Bearer' } } }
  expect(withoutDefaults({ securitySchemes: scheme })).toEqual({ securitySchemes: scheme })
})
