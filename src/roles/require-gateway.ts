/** No session has this id. Every gateway says so, also one that lets nobody in at present. */
const query = "/socket.io/?EIO=4&transport=polling&sid=none";

/** @throws Error that says what answers at the URL instead of a gateway, or why nothing does */
export async function requireGateway(url: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(new URL(query, url), { signal, redirect: "manual" }).catch((error: unknown) => {
    throw new Error(`${url} is not reached: ${causeOf(error)}`, { cause: error });
  });
  if (isOfGateway(await answer.text())) return;
  throw new Error(`no gateway answers at ${url}: ${query} gets status ${answer.status} from something else`);
}

/** Engine.IO's own errors have a number, our refusals have a code. */
function isOfGateway(text: string): boolean {
  return /^\{"(code":\d|error":\{"code":"[A-Z_]+")/.test(text);
}

/** What the system said: fetch itself only says that it failed. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return causeOf(error.cause);
  return error.message !== "" ? error.message : "code" in error ? String(error.code) : error.name;
}
