import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // The node serves the console under `default-src 'self'`: nothing may become a data: address or an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // One file, served from the memory of a node nearby: parts would only come later.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': 'http://localhost:7100', '/log': 'http://localhost:7100' } },
})
