import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['tests/setup/services.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // They share nothing but code, and reading it anew for each file took longer than running them.
          isolate: false,
          // A busy machine is a few times slower; what hangs is found all the same.
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
          include: ['packages/*/src/**/*.test.ts', 'tests/*.test.ts'],
          exclude: ['**/*-store.test.ts', '**/*.slow.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'store',
          include: ['packages/*/src/**/*-store.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What starts and kills processes or fills disks again and again: too slow for `npm run check`.
        test: {
          name: 'slow',
          include: ['packages/*/src/**/*.slow.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/{e2e,conformance,chaos,fuzz}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
