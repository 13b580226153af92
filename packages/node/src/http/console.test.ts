import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startControlServer } from '@ambit/testkit/control-server'
import { send } from '@ambit/testkit/raw-http'
import { expect, test } from 'vitest'

test('serves the console from memory: pages, hashed assets, strict policy, and nothing outside', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-console-'))
  const dist = join(folder, 'dist')
  mkdirSync(join(dist, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(dist, 'index.html'), '<!doctype html>console')
  writeFileSync(join(dist, 'assets/main-Ab3dEf9h.js'), 'export {}')
  symlinkSync(join(folder, 'secret.txt'), join(dist, 'link.txt'))
  await using server = await startControlServer({ consoleFolder: dist })
  const { port } = server

  const index = await send(port)
  expect(index.text).toContain('console')
  expect(index.headers['content-security-policy']).toContain("default-src 'self'")
  expect(index.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(index.headers['content-security-policy']).not.toContain('unsafe')
  expect(index.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  })
  const again = await send(port, { headers: { 'if-none-match': index.headers.etag! } })
  expect(again).toMatchObject({ status: 304, text: '' })
  const asset = await send(port, { path: '/assets/main-Ab3dEf9h.js' })
  expect(asset.headers['cache-control']).toContain('immutable')
  expect(asset.headers['content-type']).toContain('text/javascript')
  const head = await send(port, { method: 'HEAD', path: '/assets/main-Ab3dEf9h.js' })
  expect(head).toMatchObject({ status: 200, text: '' })
  expect(head.headers['content-length']).toBe('9')

  const html = { accept: 'text/html,*/*' }
  expect((await send(port, { path: '/mandates/m_1?tab=a', headers: html })).text).toContain('console')
  const code = '/registry/1.2.156.3088.1.000001.00C3F5.00000A.0000A4F2K.0QLD'
  expect((await send(port, { path: code, headers: html })).text).toContain('console')
  expect((await send(port, { path: '/registry/mark.svg', headers: html })).status).toBe(404)
  expect((await send(port, { path: '/mandates/m_1' })).status).toBe(404)
  expect((await send(port, { path: '/assets/gone.js', headers: html })).status).toBe(404)
  expect((await send(port, { path: '/api/gone', headers: html })).status).toBe(404)
  expect((await send(port, { method: 'POST', path: '/mandates', headers: html })).status).toBe(404)
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/link.txt',
    '//secret.txt',
    '/secret.txt%00.js',
  ]) {
    const answer = await send(port, { path })
    expect(answer.headers['content-type'], path).toContain('application/problem+json')
    expect(answer.text, path).not.toBe('secret')
    expect([400, 404], path).toContain(answer.status)
  }
  rmSync(folder, { recursive: true })
})

test('says how to build the console where it is not built', async () => {
  await using server = await startControlServer()
  const { port } = server
  const page = await send(port)
  expect(page.status).toBe(200)
  expect(page.text).toContain('npm run build')
  expect(page.text).not.toMatch(/<script|<style|style=/)
})
