import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { once } from 'node:events'
import { X509Certificate } from 'node:crypto'
import { startNameServer } from '@ambit/testkit/name-server'
import type { NameServer } from '@ambit/testkit/name-server'
import { registerAgent } from '@ambit/testkit/agent-record'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { certificateRequest, createCertificateKeys } from '@ambit/sdk/certificate-request'
import { changeAcmeKey, openAcmeAccount, orderCertificate, revokeByAcme } from '@ambit/sdk/certificate-acme'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeTerminal } from '../../packages/cli/src/fake-node.ts'
import { runAmbit } from '../../packages/cli/src/program.ts'

/*
 * An agent gets its certificate by ACME from a node, shows it over mutual TLS, and has it taken back.
 */

let node: TestNode
let names: NameServer
beforeAll(async () => {
  names = await startNameServer()
  node = await startTestNode({ env: { AMBIT_DNS: names.address } })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await names[Symbol.asyncDispose]()
})

const stateOf = async (serial: string): Promise<unknown> =>
  await (await fetch(`${node.url}/acps-atr-v2/ocsp/certificate/${serial}`)).json()

test('an agent gets a certificate by ACME that a TLS server under the trust bundle accepts', async () => {
  const aic = await registerAgent(node.ambit, 'caller', { certificate: { dns: ['localhost'] } })
  const account = await openAcmeAccount(await node.ambit.certificates.credential('caller'))
  const { privateKey, chain } = await orderCertificate(account, 'clientAuth')
  const leaf = new X509Certificate(chain)
  expect(leaf.subject).toBe(`CN=${aic}\nO=Example Bank\nOU=Payments\nC=CN`)
  expect(leaf.subjectAltName).toBe(`URI:acps://${aic}, DNS:localhost`)
  const bundle = await (await fetch(`${node.url}/acps-atr-v2/ca/trust-bundle`)).text()
  // The server of somebody else, that knows the trust bundle and nothing more.
  const serverAic = await registerAgent(node.ambit, 'callee', { certificate: { dns: ['localhost'] } })
  const other = await openAcmeAccount(await node.ambit.certificates.credential('callee'))
  const own = await orderCertificate(other, 'serverAuth')
  const server = createServer({
    key: own.privateKey,
    cert: own.chain,
    ca: bundle,
    requestCert: true,
    rejectUnauthorized: true,
  })
  const seen = once(server, 'secureConnection') as Promise<[TLSSocket]>
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connect({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca: bundle,
    key: privateKey,
    cert: chain,
  })
  await once(client, 'secureConnect')
  const [socket] = await seen
  expect([client.authorized, socket.authorized]).toEqual([true, true])
  expect(socket.getPeerCertificate().subject.CN).toBe(aic)
  expect(client.getPeerCertificate().subject.CN).toBe(serverAic)
  client.destroy()
  server.close()

  const { certificates } = await node.ambit.certificates.list('caller')
  expect(certificates).toMatchObject([
    { record: aic, usage: 'clientAuth', holds: true, serial: leaf.serialNumber },
  ])
  expect(await stateOf(leaf.serialNumber)).toMatchObject({ status: 'good' })
  const renewed = await changeAcmeKey(account)
  await expect(orderCertificate(account, 'clientAuth')).rejects.toMatchObject({ code: 'acme.signature' })
  await revokeByAcme(renewed, chain, 4)
  expect(await stateOf(leaf.serialNumber)).toMatchObject({ status: 'revoked', reason: 4 })
  expect((await node.ambit.certificates.list('caller')).certificates).toMatchObject([
    { holds: false, reason: 4 },
  ])
})

test('a credential is good once, for its own record, and a key for one agent', async () => {
  await registerAgent(node.ambit, 'first')
  const second = await registerAgent(node.ambit, 'second')
  const credential = await node.ambit.certificates.credential('first')
  const account = await openAcmeAccount(credential)
  await expect(openAcmeAccount(credential)).rejects.toMatchObject({
    code: 'acme.binding',
    detail: 'the credential was used before',
    members: { type: 'urn:acps:error:acme:external_account_required' },
  })
  await expect(orderCertificate({ ...account, aic: second }, 'clientAuth')).rejects.toMatchObject({
    code: 'acme.unauthorized',
    status: 403,
  })
  const keys = await createCertificateKeys()
  await orderCertificate(account, 'clientAuth', keys)
  const { request } = await certificateRequest(second, keys)
  await expect(
    node.ambit.certificates.issue('second', { usage: 'clientAuth', csr: request }),
  ).rejects.toMatchObject({ code: 'ca.key', detail: 'the key is or was that of another agent' })
  const { request: foreign } = await certificateRequest(second)
  await expect(
    node.ambit.certificates.issue('first', { usage: 'clientAuth', csr: foreign }),
  ).rejects.toMatchObject({
    code: 'ca.name',
  })
})

test('suspending a record takes its certificates back, and none is given while it lasts', async () => {
  const aic = await registerAgent(node.ambit, 'paused')
  const { request } = await certificateRequest(aic)
  const { certificate } = await node.ambit.certificates.issue('paused', { usage: 'clientAuth', csr: request })
  await node.ambit.records.suspend('paused', 'to look at it')
  await expect
    .poll(async () => await stateOf(certificate.serial))
    .toMatchObject({ status: 'revoked', reason: 5 })
  await expect(
    node.ambit.certificates.issue('paused', { usage: 'clientAuth', csr: request }),
  ).rejects.toMatchObject({ code: 'ca.record' })
  await expect(node.ambit.certificates.credential('paused')).rejects.toMatchObject({ code: 'ca.record' })
})

test('the command line issues for a new key, obtains by ACME, lists and takes back', async () => {
  const aic = await registerAgent(node.ambit, 'clerk')
  const folder = mkdtempSync(join(tmpdir(), 'ambit-certificates-'))
  const at = (name: string) => join(folder, name)
  const run = async (...argv: string[]) => {
    const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: node.session })
    const exitCode = await runAmbit(argv, terminal)
    return { exitCode, out: terminal.printed.join('\n'), err: terminal.errors.join('\n') }
  }
  try {
    const made = await run('certificates', 'issue', 'clerk', '--key', at('one.key'), '--out', at('one.pem'))
    expect(made.exitCode, made.err).toBe(0)
    expect(statSync(at('one.key')).mode & 0o077).toBe(0)
    expect(new X509Certificate(readFileSync(at('one.pem'))).subject).toContain(`CN=${aic}`)
    expect((await run('certificates', 'issue', 'clerk', '--key', at('one.key'))).exitCode).toBe(2)
    expect((await run('certificates', 'acme-credential', 'clerk', at('c'))).exitCode).toBe(0)
    const files = ['--account', at('account'), '--key', at('two.key'), '--out', at('two.pem')]
    const got = await run(
      'certificates',
      'obtain',
      '--credential',
      at('c'),
      ...files,
      '--usage',
      'serverAuth',
    )
    expect(got.exitCode, got.err).toBe(0)
    expect(new X509Certificate(readFileSync(at('two.pem'))).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    const bundle = await run('certificates', 'trust-bundle')
    expect(bundle.out).toContain('BEGIN CERTIFICATE')
    const [serial = ''] = /[0-9A-F]{32}/.exec((await run('certificates', 'list', 'clerk')).out) ?? []
    const taken = await run('certificates', 'revoke', 'clerk', serial, '--reason', 'superseded')
    expect(taken.out).toContain('Took 1 certificate')
    expect((await run('certificates', 'revoke', 'clerk')).out).toContain('Took 1 certificate')
    expect((await run('certificates', 'list', 'clerk')).out).not.toContain('until')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a host is certified once its domain is proved, and no host of somebody else', async () => {
  const { ambit } = node
  const aic = await registerAgent(ambit, 'hosted', {})
  const issue = async () => {
    const { request: csr } = await certificateRequest(aic)
    const { chain } = await ambit.certificates.issue('hosted', { usage: 'serverAuth', csr })
    return new X509Certificate(chain).subjectAltName
  }
  const ask = async (certificate: object) => {
    await ambit.records.edit('hosted', { certificate })
    for (const step of ['submit', 'activate'] as const) await ambit.records[step]('hosted')
  }
  expect(await issue()).not.toContain('DNS:')
  await ask({ dns: ['mail.hosted.example'] })
  await expect(issue()).rejects.toMatchObject({ code: 'ca.host', status: 403 })
  const { token } = await ambit.domains.add('hosted.example')
  await expect(issue()).rejects.toMatchObject({ code: 'ca.host' })
  names.zone.set('_ambit.hosted.example', [token])
  await ambit.domains.check('hosted.example')
  expect(await issue()).toContain('DNS:mail.hosted.example')
  await ask({ dns: ['mail.hosted.example', 'www.bank.example'] })
  await expect(issue()).rejects.toMatchObject({ code: 'ca.host' })
  await ask({ ip: ['192.0.2.1'] })
  await expect(issue()).rejects.toMatchObject({ code: 'ca.host' })
})
