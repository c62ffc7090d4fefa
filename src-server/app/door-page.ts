/**
 * What a browser shows that opens the link to a call: a way into the app. The link's secret stands behind `#`, which a browser
 * does not send; the one line of script hands it on to the app, and nothing else.
 */
import { createHash } from 'node:crypto'

const PATH = /^\/j\/[\w-]{22}$/
const SCRIPT =
  "document.getElementById('open').href = 'sightline:https://' + location.host + location.pathname + location.hash"
const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:20vh auto;padding:0 1.5rem;color-scheme:light dark}' +
  'a{display:inline-block;padding:.6rem 1.2rem;border-radius:.6rem;background:#0a7d4b;color:#fff;text-decoration:none}'
const HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>A call in Sightline</title>
<style>${STYLE}</style>
<h1>You are invited to a call</h1>
<p>It is end-to-end encrypted and takes place in the Sightline app. Its host lets you in.</p>
<p><a id="open" href="sightline:">Open in Sightline</a></p>
<p>If nothing happens: install the app, choose “New call”, and paste this page’s whole address.</p>
<script>${SCRIPT}</script>
</html>
`
const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`

/** `undefined`: no such page. */
export function doorPage(
  url: string | undefined,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | undefined {
  if (!PATH.test(url ?? '')) return undefined
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: HTML,
  }
}
