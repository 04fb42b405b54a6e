import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [vue()],
  build: { target: 'chrome107', chunkSizeWarningLimit: 700, rollupOptions: { input: { console: 'index.html', phone: 'm/index.html' } } },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/healthz': 'http://127.0.0.1:8080' } },
})
