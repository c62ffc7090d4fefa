import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    ssr: 'src-server/app/main.ts',
    outDir: 'out/server',
    emptyOutDir: true,
    target: 'node20.18',
    rolldownOptions: { output: { entryFileNames: 'main.js' } },
  },
})
