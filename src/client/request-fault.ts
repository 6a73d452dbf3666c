import { ChatError } from "../protocol/errors.ts";
import { hasKeptNumbers, isVisible } from "../protocol/kept-values.ts";
import { limits } from "../protocol/limits.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";

/** Bytes of a frame around the JSON of its event: packet types, namespace and the number of the answer. */
const frameOverhead = 64;
const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Why a request must not be sent: the server would refuse it, or end the connection because of its size.
 * @param textBytes UTF-8 bytes that a text may have
 */
export function requestFault<N extends RequestName>(
  name: N,
  payload: Requests[N],
  textBytes: number = limits.textBytesMax,
): ChatError | undefined {
  const json = encode([name, payload]);
  if (json === undefined) return new ChatError("BAD_REQUEST", "the request can't be written as JSON");
  const text = "text" in payload ? textFault(payload.text, textBytes) : undefined;
  const fault = text ?? ("meta" in payload ? metaFault(payload.meta) : undefined);
  if (fault !== undefined) return fault;
  return byteLength(json) + frameOverhead > limits.frameBytes ? tooLarge("the request", limits.frameBytes) : undefined;
}

function textFault(text: string, textBytes: number): ChatError | undefined {
  if (byteLength(text) > textBytes) return tooLarge("text", textBytes);
  return isVisible(text) ? undefined : new ChatError("BAD_REQUEST", "the text has nothing visible");
}

function metaFault(meta: unknown): ChatError | undefined {
  if (!hasKeptNumbers(meta)) return new ChatError("BAD_REQUEST", "meta has a number that JSON can't keep");
  return byteLength(encode(meta) ?? "") > limits.metaBytes ? tooLarge("meta", limits.metaBytes) : undefined;
}

/** Undefined for cycles and big integers. */
function encode(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function tooLarge(part: string, bytes: number): ChatError {
  return new ChatError("TOO_LARGE", `${part} is over ${bytes} bytes`);
}
