import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { ChatError } from "./errors.ts";
import { isKeptNumber, isVisible } from "./kept-values.ts";
import { limits } from "./limits.ts";
import { type RequestName, type Requests, requestSchemas } from "./schemas.ts";

/*
 * What comes from outside becomes a typed request here or nowhere. The schemas say what is allowed; this file adds what
 * a schema can't say: sizes in bytes, depth, key names that JavaScript gives a meaning to, and well-formed text.
 */

/** Nothing in a request nests deeper than `meta` may, which is level 1. */
const maxDepth = limits.metaDepth;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

interface Validator<T> {
  readonly accepts: (value: unknown) => value is T;
  /** The first thing that is wrong with what was not accepted. */
  readonly fault: (value: unknown) => string;
}

type Validators = { readonly [N in RequestName]: Validator<Requests[N]> };

function validator<S extends TSchema>(schema: S): Validator<Static<S>> {
  const compiled = Compile(schema);
  return {
    accepts: (value): value is Static<S> => compiled.Check(value),
    fault: (value) => {
      const [first] = compiled.Errors(value);
      return first === undefined ? "wrong shape" : `${first.instancePath || "request"} ${first.message}`;
    },
  };
}

const validators: Validators = {
  "room:join": validator(requestSchemas["room:join"]),
  "rooms:join": validator(requestSchemas["rooms:join"]),
  "room:leave": validator(requestSchemas["room:leave"]),
  "message:send": validator(requestSchemas["message:send"]),
  "message:edit": validator(requestSchemas["message:edit"]),
  "message:delete": validator(requestSchemas["message:delete"]),
  "message:react": validator(requestSchemas["message:react"]),
  "history:get": validator(requestSchemas["history:get"]),
  "typing:set": validator(requestSchemas["typing:set"]),
  receipt: validator(requestSchemas.receipt),
  "auth:refresh": validator(requestSchemas["auth:refresh"]),
};

export function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(requestSchemas, name);
}

/**
 * The payload as the request that the event asks for.
 * @param textBytes UTF-8 bytes that a text may have
 * @throws ChatError BAD_REQUEST with the place of the first fault, TOO_LARGE where a text or `meta` has too many bytes
 */
export function parseRequest<N extends RequestName>(
  name: N,
  payload: unknown,
  textBytes: number = limits.textBytes,
): Requests[N] {
  refuseHostile(payload, 0);
  const { accepts, fault } = validators[name];
  if (!accepts(payload)) throw badRequest(fault(payload));
  if (typeof payload === "object" && payload !== null) {
    refuseInvisible(payload);
    checkBytes(payload, textBytes);
  }
  return payload;
}

function refuseHostile(value: unknown, depth: number): void {
  if (typeof value === "string" && !value.isWellFormed()) throw badRequest("text is not well-formed Unicode");
  if (typeof value === "number" && !isKeptNumber(value)) throw badRequest("a number is -0 or not within ±(2^53 - 1)");
  if (typeof value !== "object" || value === null) return;
  if (depth > maxDepth) throw badRequest("nested too deep");
  if (Array.isArray(value)) return value.forEach((item) => refuseHostile(item, depth + 1));
  refuseHostileObject(value, depth);
}

function refuseHostileObject(value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw badRequest("binary data is not accepted");
  for (const [key, item] of Object.entries(value)) {
    if (forbiddenKeys.has(key) || !key.isWellFormed()) throw badRequest("a key has a forbidden name");
    refuseHostile(item, depth + 1);
  }
}

function refuseInvisible(request: object): void {
  if ("text" in request && typeof request.text === "string" && !isVisible(request.text)) {
    throw badRequest("/text has nothing visible");
  }
  if ("emoji" in request && typeof request.emoji === "string" && !isVisible(request.emoji)) {
    throw badRequest("/emoji has nothing visible");
  }
}

function checkBytes(request: object, textBytes: number): void {
  if ("text" in request && typeof request.text === "string" && Buffer.byteLength(request.text) > textBytes) {
    throw new ChatError("TOO_LARGE", `text is over ${textBytes} bytes`);
  }
  if ("meta" in request && Buffer.byteLength(JSON.stringify(request.meta) ?? "") > limits.metaBytes) {
    throw new ChatError("TOO_LARGE", `meta is over ${limits.metaBytes} bytes`);
  }
}

function badRequest(message: string): ChatError {
  return new ChatError("BAD_REQUEST", message);
}
