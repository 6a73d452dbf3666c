import { ChatError, newId } from "../src/client/index.ts";

/** Who this browser profile is. */
export interface Profile {
  /** Stable for this profile, so that one's own messages stay one's own. */
  readonly sub: string;
  /** Empty until chosen. */
  readonly name: string;
}

export function loadProfile(storage: Storage): Profile {
  const sub = storage.getItem("weir.sub") ?? newId();
  storage.setItem("weir.sub", sub);
  return { sub, name: storage.getItem("weir.name") ?? "" };
}

export function saveName(storage: Storage, name: string): void {
  storage.setItem("weir.name", name);
}

/** A token from the server's development endpoint. Rejects with UNAUTHENTICATED where the server gives none. */
export async function fetchToken({ sub, name }: Profile): Promise<string> {
  const response = await fetch(`demo/token?${new URLSearchParams({ name, sub })}`, { cache: "no-store" });
  if (response.status >= 500 || response.status === 429) throw new Error("the server is busy");
  if (!response.ok) throw new ChatError("UNAUTHENTICATED", "this server hands out no tokens");
  const body: unknown = await response.json();
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token;
  throw new ChatError("UNAUTHENTICATED", "this server's answer holds no token");
}
