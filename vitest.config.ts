import { defineConfig } from "vitest/config";

const project = (name: string, testTimeout: number): object => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 120_000 },
});

export default defineConfig({
  test: {
    pool: "forks",
    projects: [
      project("unit", 10_000),
      project("architecture", 30_000),
      project("contract", 60_000),
      project("integration", 120_000),
      project("browser", 180_000),
      project("system", 600_000),
    ],
    coverage: {
      provider: "v8",
      include: ["src/kernel/**", "src/chat/**", "src/protocol/**", "src/leadership/**"],
      thresholds: { lines: 99, functions: 99, branches: 97, statements: 99 },
    },
  },
});
