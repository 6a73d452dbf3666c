import { expect, test } from "vitest";
import { ChatConnection } from "../../../loadtests/lib/connection.ts";
import { ScriptedWorld } from "./scripted-world.ts";

function connected() {
  const world = new ScriptedWorld();
  const seen: string[] = [];
  const connection = new ChatConnection({
    world,
    url: "https://chat.example",
    path: "/rt",
    token: () => "t",
    online: (ms) => seen.push(`online after ${ms}`),
    offline: () => seen.push("offline"),
    failed: (code, final) => seen.push(`failed ${code}${final ? " for good" : ""}`),
    pushed: (event) => seen.push(event),
  });
  return { world, connection, seen };
}

test("a handshake says who it is, counts its time, and a ping is answered", () => {
  const { world, seen } = connected();
  expect(world.last.url).toBe("wss://chat.example/rt/?EIO=4&transport=websocket");
  world.pass(30);
  world.last.letIn();
  world.last.say("2");
  expect(world.last.sent).toEqual(['40/chat,{"token":"t"}', "3"]);
  expect(seen).toEqual(["online after 30"]);
});

test("a request gets its own answer; without one it ends after a time, and at once when the connection breaks", async () => {
  const { world, connection } = connected();
  world.last.letIn();
  const [first, second, third] = [connection.ask("a", {}), connection.ask("b", {}), connection.ask("c", {})];
  world.last.say('43/chat,2[{"ok":true,"n":2}]');
  expect(await second).toEqual({ kind: "ok", answer: { ok: true, n: 2 } });
  world.last.say('43/chat,3[{"ok":false,"error":{"code":"OVERLOADED","retryable":true,"retryAfterMs":50}}]');
  const refusal = { code: "OVERLOADED", retryable: true, retryAfterMs: 50 };
  expect(await third).toEqual({ kind: "refused", refusal });
  world.pass(15_000);
  expect(await first).toEqual({ kind: "hang" });
  const lost = connection.ask("d", {});
  world.last.break();
  expect(await lost).toEqual({ kind: "lost" });
  expect(await connection.ask("e", {})).toEqual({ kind: "lost" });
});

test("a lost connection is dialled again after a while that grows, and says that it resumes", () => {
  const { world, seen } = connected();
  world.last.letIn();
  world.last.break();
  world.pass(1_499);
  expect(world.dialled).toHaveLength(1);
  world.pass(1);
  expect(world.last.url).toContain("&resume=1");
  world.last.break();
  world.pass(2_999);
  expect(world.dialled).toHaveLength(2);
  world.pass(1);
  expect(world.dialled).toHaveLength(3);
  world.last.letIn();
  expect(seen).toEqual(["online after 0", "offline", "failed LOST", "online after 0"]);
});

test("who is refused comes back when it is told to, and not at all without a good token", () => {
  const { world, seen } = connected();
  world.last.say('0{"sid":"s","pingInterval":1,"pingTimeout":1}');
  world.last.say('44/chat,{"message":"full","data":{"code":"OVERLOADED","retryAfterMs":10000}}');
  world.pass(9_999);
  expect(world.dialled).toHaveLength(1);
  world.pass(501);
  expect(world.dialled).toHaveLength(2);
  world.last.say('44/chat,{"message":"who?","data":{"code":"UNAUTHENTICATED"}}');
  world.pass(100_000);
  expect(world.dialled).toHaveLength(2);
  expect(seen).toEqual(["failed OVERLOADED", "failed UNAUTHENTICATED for good"]);
});

test("who is sent away moves at the time that it is told, at once to another", () => {
  const { world, seen } = connected();
  world.last.letIn();
  world.last.say('42/chat,["server:reconnect",{"afterMs":700,"reason":"draining"}]');
  world.pass(699);
  expect(world.last.isClosed).toBe(false);
  world.pass(1);
  expect(world.dialled).toHaveLength(2);
  expect(seen).toEqual(["online after 0", "server:reconnect", "offline"]);
});

test("a server that has been silent for too long is given up", () => {
  const { world, seen } = connected();
  world.last.letIn();
  world.pass(44_000);
  world.last.say("2");
  world.pass(44_000);
  expect(seen).toEqual(["online after 0"]);
  world.pass(1_000);
  expect(seen).toEqual(["online after 0", "offline"]);
});

test("closed is closed: a goodbye, no return, and no timer that keeps a user of k6 waiting", () => {
  const { world, connection, seen } = connected();
  world.last.letIn();
  void connection.ask("a", {});
  connection.close();
  expect(world.last.sent).toContain("41/chat,");
  expect(world.waiting).toBe(0);
  world.pass(100_000);
  expect(world.dialled).toHaveLength(1);
  expect(seen).toEqual(["online after 0", "offline"]);
});
