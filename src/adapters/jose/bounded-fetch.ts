import type { FetchImplementation } from "jose";

/**
 * Fetches like `fetch` and reads at most `maxBytes` of the body, counted after decompression.
 * A response with another status than 200 comes back without its body.
 */
export function boundedFetch(maxBytes: number): FetchImplementation {
  return async (url, options) => {
    const response = await fetch(url, options);
    if (response.status === 200) return new Response(await readBody(response.body ?? [], maxBytes));
    await response.body?.cancel();
    return response;
  };
}

type Body = AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;

/** @throws RangeError for more than `maxBytes`; the connection is closed then */
async function readBody(body: Body, maxBytes: number): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Blob(chunks);
}
