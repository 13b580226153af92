import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '@ambit/core/fault'
import { digestBytes } from '../kernel/digest.ts'

/** The console is about 1 MB; more than these means that the folder is not the console. */
const filesMax = 2000
const bytesMax = 64 * 1024 * 1024

/** A file name with the digest of its content in it, as the bundler writes them. */
const hashedForm = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/** Where the console's build puts its files. */
export const consoleFolder = fileURLToPath(new URL('../../../console/dist', import.meta.url))

export interface StaticFile {
  readonly bytes: Buffer
  readonly contentType: string
  readonly cacheControl: string
  readonly etag: string
}

/** The console's files, all in memory: a request's path is only ever looked up, never opened. */
export interface StaticFiles {
  /** The file of exactly this path; for a page of the console (`wantsPage`) its index. */
  find(path: string, wantsPage: boolean): StaticFile | undefined
}

export function loadStatic(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>()
  let bytesLeft = bytesMax
  for (const path of existsSync(join(folder, 'index.html')) ? pathsIn(folder) : []) {
    const file = fileOf(path, readFileSync(path))
    bytesLeft -= file.bytes.length
    if (files.size >= filesMax || bytesLeft < 0)
      throw new Fault('internal', {
        detail: `the folder of the console holds more than ${filesMax} files or ${bytesMax} bytes`,
        where: folder,
        remedy: 'Build the console again: `npm run build --workspace @ambit/console`.',
      })
    files.set(`/${relative(folder, path).split(sep).join('/')}`, file)
  }
  const index = files.get('/index.html') ?? fileOf('index.html', Buffer.from(unbuiltPage))
  return {
    find(path, wantsPage) {
      if (path === '/') return index
      return files.get(path) ?? (wantsPage && isPage(path) ? index : undefined)
    },
  }
}

/** The page of a record may be asked for by its identity code, whose last arc looks like the ending of a file's name. */
const recordPageForm = /^\/registry\/[0-9A-Z.]{1,100}$/

function isPage(path: string): boolean {
  return extname(path) === '' || recordPageForm.test(path)
}

function pathsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function fileOf(path: string, bytes: Buffer): StaticFile {
  return {
    bytes,
    contentType: types[extname(path)] ?? 'application/octet-stream',
    cacheControl: hashedForm.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${digestBytes(bytes).slice('sha256:'.length, 'sha256:'.length + 32)}"`,
  }
}

const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ambit</title>
<h1>Ambit is running</h1>
<p>The console has not been built yet. Build it with <code>npm run build --workspace @ambit/console</code>,
then start the node again; <code>npm start</code> does both.</p>
<p>The API is at <code>/api</code>.</p>
</html>
`
