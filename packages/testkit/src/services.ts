import { existsSync } from 'node:fs'
import { connect } from 'node:net'

const probeTimeoutMs = 1000

/** Address of the PostgreSQL that tests may use, or undefined when none answers. */
export async function postgresUrl(): Promise<string | undefined> {
  const url = process.env['AMBIT_TEST_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/test'
  const { hostname, port } = new URL(url)
  return (await answers(hostname, Number(port || '5432'))) ? url : undefined
}

/** Address of the NATS server that tests may use, or undefined when none answers. */
export async function natsUrl(): Promise<string | undefined> {
  const url = process.env['AMBIT_TEST_NATS'] ?? 'nats://127.0.0.1:4222'
  const { hostname, port } = new URL(url)
  return (await answers(hostname, Number(port || '4222'))) ? url : undefined
}

/** Path of the Chromium that tests may drive, or undefined. */
export function chromiumPath(): string | undefined {
  const candidates = [
    process.env['AMBIT_TEST_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ]
  return candidates.find((path) => path !== undefined && existsSync(path))
}

/** Path of the nginx that tests may start, or undefined. */
export function nginxPath(): string | undefined {
  const candidates = [process.env['AMBIT_TEST_NGINX'], '/usr/sbin/nginx', '/usr/bin/nginx']
  return candidates.find((path) => path !== undefined && existsSync(path))
}

/** One line for each thing that is missing: what, and what it would be needed for. */
export async function missingServices(): Promise<string[]> {
  const missing: string[] = []
  if ((await postgresUrl()) === undefined)
    missing.push('PostgreSQL at AMBIT_TEST_POSTGRES or 127.0.0.1:5432 (second store engine)')
  if ((await natsUrl()) === undefined)
    missing.push('NATS with JetStream at AMBIT_TEST_NATS or 127.0.0.1:4222 (bus between replicas)')
  if (chromiumPath() === undefined)
    missing.push('Chromium at AMBIT_TEST_CHROMIUM or /usr/bin/chromium (console in a browser)')
  if (nginxPath() === undefined)
    missing.push('nginx at AMBIT_TEST_NGINX or /usr/sbin/nginx (decision point for other data planes)')
  return missing
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: probeTimeoutMs })
    const end = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
