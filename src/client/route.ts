/** One way to reach the gateway. */
export interface Route {
  readonly path: string;
  readonly transports: readonly ("websocket" | "polling")[];
}

/** WebSocket without affinity first; the path that also polls is for networks that let no WebSocket through. */
export const defaultRoutes: readonly Route[] = [
  { path: "/rt", transports: ["websocket"] },
  { path: "/socket.io", transports: ["polling", "websocket"] },
];

/**
 * Which route to try: two tries on the one that worked last (at first: the first), then one on another, and again.
 * @param failures tries in a row that did not even reach the server
 */
export function chooseRoute(routes: readonly Route[], preferred: number, failures: number): number {
  const others = routes.length - 1;
  const detour = failures % 3 === 2 && others > 0 ? 1 + (Math.floor(failures / 3) % others) : 0;
  return (preferred + detour) % routes.length;
}
