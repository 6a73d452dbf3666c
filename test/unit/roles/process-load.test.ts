import { afterEach, expect, test, vi } from "vitest";
import { compileSettings } from "../../../src/config/index.ts";
import { measureProcess } from "../../../src/roles/process-load.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const mebibyte = 1_048_576;
const gateway = { redisUrl: "redis://r", mongodbUrl: "mongodb://m/weir", jwtSecret: "s".repeat(32) };

afterEach(() => vi.restoreAllMocks());

async function limitOf(raw: Readonly<Record<string, string>>): Promise<string | undefined> {
  vi.spyOn(process, "constrainedMemory").mockReturnValue(400 * mebibyte);
  vi.spyOn(process.memoryUsage, "rss").mockReturnValue(90 * mebibyte);
  const metrics = createMetrics({ processMetrics: false });
  const { memory } = measureProcess({ settings: compileSettings({ ...gateway, ...raw }, "gateway"), metrics })();
  const { text } = await metrics.scrape();
  const limit = Number(/^weir_memory_limit_bytes (\d+)$/m.exec(text)?.[1]) / mebibyte;
  return `${Math.round(100 * memory)} % of ${limit} MiB`;
}

test("a process has the memory of its container, several workers have equal parts of it, and a setting is each one's", async () => {
  expect(await limitOf({})).toBe("23 % of 400 MiB");
  expect(await limitOf({ workers: "4" })).toBe("90 % of 100 MiB");
  expect(await limitOf({ workers: "4", memoryLimit: "200MiB" })).toBe("45 % of 200 MiB");
});
