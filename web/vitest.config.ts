import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { environment: 'node', setupFiles: ['./src/ui/vitest-setup.ts'] } })
