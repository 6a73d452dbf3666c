import { expect, test } from "vitest";
import { startClient } from "./client-fixtures.ts";

test("a token that comes after its dial was given up opens no second connection", async () => {
  const given: ((token: string) => void)[] = [];
  const token = (): Promise<string> => new Promise((resolve) => void given.push(resolve));
  const { network, chat, clock } = await startClient({ token });
  await clock.advance(11_500);
  expect(given).toHaveLength(2);
  given[0]?.("late");
  given[1]?.("in time");
  await clock.advance(0);
  expect(network.wires.map(({ target }) => target.token)).toEqual(["in time"]);
  network.wire.listener.opened();
  expect(chat.state.status).toBe("online");
});

test("a server that was reached and refuses does not make the client try another way", async () => {
  const { network, chat, clock } = await startClient();
  for (let i = 0; i < 5; i++) {
    network.wire.listener.refused({ message: "too much to do", data: { code: "OVERLOADED" } });
    chat.retryNow();
    await clock.advance(0);
  }
  expect(network.wires.map(({ target }) => target.route.path)).toEqual(Array.from({ length: 6 }, () => "/rt"));
});
