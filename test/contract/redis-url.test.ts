import { describe, expect, test } from "vitest";
import { parseRedisUrl } from "../../src/adapters/redis/redis-url.ts";
import { testRedisLog } from "../harness/redis-log.ts";

describe("the Redis URL", () => {
  test.each([
    ["redis://localhost", { kind: "standalone", at: { host: "localhost", port: 6_379 }, db: 0, tls: false }],
    ["redis://10.0.0.1:7000/3", { kind: "standalone", at: { host: "10.0.0.1", port: 7_000 }, db: 3, tls: false }],
    ["rediss://[::1]:6380", { kind: "standalone", at: { host: "::1", port: 6_380 }, db: 0, tls: true }],
    [
      "redis://weir:p%40ss:word@r/",
      {
        kind: "standalone",
        at: { host: "r", port: 6_379 },
        db: 0,
        tls: false,
        username: "weir",
        password: "p@ss:word",
      },
    ],
    [
      "redis://:secret@r",
      { kind: "standalone", at: { host: "r", port: 6_379 }, db: 0, tls: false, password: "secret" },
    ],
    [
      "redis+sentinel://a:1,b/main",
      {
        kind: "sentinel",
        sentinels: [
          { host: "a", port: 1 },
          { host: "b", port: 26_379 },
        ],
        name: "main",
      },
    ],
    [
      "redis+cluster://:pw@a,b:2",
      {
        kind: "cluster",
        nodes: [
          { host: "a", port: 6_379 },
          { host: "b", port: 2 },
        ],
        password: "pw",
      },
    ],
  ])("%s is understood", (text, expected) => {
    expect(parseRedisUrl(text)).toEqual(expected);
  });

  test.each([
    "",
    "localhost:6379",
    "http://localhost",
    "redis://",
    "redis://a,b",
    "redis://a:0",
    "redis://a:70000",
    "redis://a/name",
    "redis://a b",
    "redis://%zz@a",
    "redis+sentinel://a",
    "redis+cluster://a/0",
    "redis+cluster://a,,b",
  ])("%j is refused", (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });

  test.each(["redis+sentinel://a/main", "redis+cluster://a,b"])("%s says that it is not supported yet", (url) => {
    expect(() => testRedisLog({ url })).toThrow(/not supported yet/);
  });

  test("a URL that is none tells what is allowed, and not the password in it", () => {
    expect(() => testRedisLog({ url: "redis://:hunter2@a,b" })).toThrow(/^(?!.*hunter2).*allowed: redis:/);
  });
});
