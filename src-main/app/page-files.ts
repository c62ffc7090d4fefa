/** Which file an `app://sightline/…` address means, and the headers that every page gets. No Electron in this file. */
import path from 'node:path'
import { APP_ORIGIN } from '../ipc/channels.ts'

/**
 * WebAssembly for the codecs; blob: for recorded pictures and MediaSource. No inline script or style, no eval,
 * no other origin for anything: the page has nothing to do on the network.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
}

export interface PageFile {
  readonly file: string
  readonly type: string
}

/** `undefined` for another host, a type that the app has none of, and every way out of `root`. */
export function pageFile(root: string, address: string): PageFile | undefined {
  if (!address.startsWith(`${APP_ORIGIN}/`)) return undefined
  let name: string
  try {
    name = decodeURIComponent(new URL(address).pathname)
  } catch {
    return undefined
  }
  if (/\0|\\|\.\./.test(name)) return undefined
  const file = path.resolve(root, `.${name}`)
  const type = TYPES[path.extname(file)]
  if (type === undefined || !file.startsWith(path.resolve(root) + path.sep)) return undefined
  return { file, type }
}
