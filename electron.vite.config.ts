import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'
import path from 'node:path'

// The stand-in runtime of scripts/set-up is Electron 33; newer ones run what is built for it.
const NODE = 'node20.18'
const CHROME = 'chrome130'

export default defineConfig({
  main: {
    build: {
      target: NODE,
      // Packages of JavaScript go into the bundle: finding and reading their many files takes a tenth of a second at each start.
      externalizeDeps: {
        exclude: ['@noble/ciphers', '@noble/curves', '@noble/hashes', '@noble/post-quantum', 'pino', 'valibot', 'ws'],
      },
      lib: { entry: path.resolve('src-main/app/main.ts'), formats: ['es'] },
      rolldownOptions: { output: { entryFileNames: 'index.js', chunkFileNames: '[name]-[hash].js' } },
    },
  },
  preload: {
    build: {
      target: NODE,
      lib: { entry: path.resolve('src-main/preload/preload.ts'), formats: ['cjs'] },
      rolldownOptions: { output: { entryFileNames: 'preload.cjs' } },
    },
  },
  renderer: {
    root: 'src-renderer',
    build: {
      target: CHROME,
      minify: true,
      // The links, without the script that older browsers would need.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: { index: path.resolve('src-renderer/index.html'), incoming: path.resolve('src-renderer/incoming.html') },
      },
    },
    worker: { format: 'es' },
    plugins: [svelte()],
  },
})
