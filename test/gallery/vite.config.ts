/**
 * The gallery: every screen in every state, without a main process. Not shipped. `vite test/gallery` opens it by hand
 * (`/?state=people`), `screenshots.ts` builds it and takes pictures. It runs the real screens; only the bridge and the
 * media sessions are stand-ins.
 */
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const here = path.dirname(fileURLToPath(import.meta.url))
const repository = path.resolve(here, '../..')

const fakeMedia: Plugin = {
  name: 'fake-media',
  enforce: 'pre',
  resolveId: (source) => {
    if (source.endsWith('/open-media-session.ts')) return path.join(here, 'fake-media-session.ts')
    return source.endsWith('/open-group-session.ts') ? path.join(here, 'fake-group-session.ts') : null
  },
}

/** Adds a right-to-left language: English, written from right to left. */
const mirroredLanguage: Plugin = {
  name: 'mirrored-language',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('/app/language/language.svelte.ts')
      ? `import { mirror } from '${here}/mirror.ts'\n${code.replace(
          'const languages = new Map<string, Messages>(',
          "Object.assign(files, { './ar.json': mirror(files['./en.json']) })\nconst languages = new Map<string, Messages>(",
        )}`
      : null,
}

export default defineConfig({
  root: here,
  base: './',
  plugins: [fakeMedia, mirroredLanguage, svelte({ configFile: false, preprocess: vitePreprocess() })],
  server: { fs: { allow: [repository] } },
  build: {
    target: 'chrome130',
    outDir: path.join(repository, 'reports/gallery'),
    emptyOutDir: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      checks: { bundlerTimings: false },
      input: { index: path.join(here, 'index.html'), incoming: path.join(here, 'incoming.html') },
    },
  },
})
