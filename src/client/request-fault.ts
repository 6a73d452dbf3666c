import { ChatError } from "../protocol/errors.ts";
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
  if ("text" in payload && byteLength(payload.text) > textBytes) return tooLarge("text", textBytes);
  const json = encode([name, payload]);
  if (json === undefined) return new ChatError("BAD_REQUEST", "the request can't be written as JSON");
  if ("meta" in payload && byteLength(encode(payload.meta) ?? "") > limits.metaBytes) {
    return tooLarge("meta", limits.metaBytes);
  }
  return byteLength(json) + frameOverhead > limits.frameBytes ? tooLarge("the request", limits.frameBytes) : undefined;
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
