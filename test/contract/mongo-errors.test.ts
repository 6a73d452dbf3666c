import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from "mongodb";
import { describe, expect, test } from "vitest";
import { failuresOf, mapMongoError } from "../../src/adapters/mongodb/map-mongo-error.ts";

interface Failure {
  readonly code: number;
  readonly index: number;
}

interface Answer {
  readonly writeErrors: readonly Failure[];
  readonly majority?: boolean;
}

/** What the driver throws when a server answers like this. */
function bulkError({ writeErrors, majority = true }: Answer): MongoBulkWriteError {
  const error = Object.create(MongoBulkWriteError.prototype, {
    message: { value: "bulk" },
    writeErrors: { value: writeErrors.map((failure) => ({ ...failure, errmsg: "why" })) },
    result: { value: { getWriteConcernError: () => (majority ? undefined : { code: 64 }) } },
  }) as unknown;
  if (!(error instanceof MongoBulkWriteError)) throw new Error("not an error of a bulk");
  return error;
}

describe("failures of a bulk", () => {
  test("a duplicate key and a refused document concern one operation each", () => {
    expect(
      failuresOf(
        bulkError({
          writeErrors: [
            { code: 11_000, index: 3 },
            { code: 121, index: 5 },
          ],
        }),
      ),
    ).toEqual([
      { index: 3, reason: "duplicate", detail: "11000: why" },
      { index: 5, reason: "invalid", detail: "121: why" },
    ]);
  });

  test.each([
    ["the server is no primary any more", 10_107],
    ["it shuts down", 91],
    ["it lost its primary", 189],
    ["the account may not write", 13],
    ["the disk is full", 14_031],
  ])("nothing can be said about the batch when %s", (_, code) => {
    const error = bulkError({
      writeErrors: [
        { code: 11_000, index: 0 },
        { code, index: 1 },
      ],
    });
    expect(() => failuresOf(error)).toThrow(error);
  });

  test("nothing can be said about the batch when a majority did not confirm it, even where only duplicates failed", () => {
    const error = bulkError({ writeErrors: [{ code: 11_000, index: 0 }], majority: false });
    expect(() => failuresOf(error)).toThrow(error);
  });

  test("nothing can be said about the batch when the connection was lost, which names no operation", () => {
    const error = bulkError({ writeErrors: [] });
    expect(() => failuresOf(error)).toThrow(error);
  });

  test("an error that is not of a bulk is thrown on", () => {
    const error = new MongoServerError({ message: "not primary", code: 10_107 });
    expect(() => failuresOf(error)).toThrow(error);
  });
});

test("whatever the driver reports is unavailable to the caller, with its cause; a fault of ours stays one", () => {
  const network = new MongoNetworkError("connection 1 to 127.0.0.1:27017 closed");
  expect(mapMongoError(network)).toMatchObject({ code: "UNAVAILABLE", cause: network });
  expect(mapMongoError(network)).not.toHaveProperty("message", expect.stringContaining("127.0.0.1"));
  const fault = new TypeError("no such property");
  expect(mapMongoError(fault)).toBe(fault);
});
