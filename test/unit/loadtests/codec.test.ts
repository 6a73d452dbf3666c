import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame, encodeEvent, namespaceConnect, namespaceLeave } from "../../../loadtests/lib/codec.ts";

describe("a frame of the server", () => {
  test.each([
    [
      '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}',
      { kind: "open", pingIntervalMs: 25_000, pingTimeoutMs: 20_000 },
    ],
    ["1", { kind: "close" }],
    ["2", { kind: "ping" }],
    ["6", { kind: "noop" }],
    ['40/chat,{"sid":"b"}', { kind: "connected", namespace: "/chat" }],
    ['40{"sid":"b"}', { kind: "connected", namespace: "/" }],
    ["41/chat,", { kind: "disconnected", namespace: "/chat" }],
    [
      '44/chat,{"message":"no","data":{"code":"UNAUTHENTICATED"}}',
      { kind: "refused", namespace: "/chat", error: { message: "no", data: { code: "UNAUTHENTICATED" } } },
    ],
    [
      '42/chat,["messages",{"room":"1,2"}]',
      { kind: "event", namespace: "/chat", event: "messages", payload: { room: "1,2" } },
    ],
    ['42["x",1]', { kind: "event", namespace: "/", event: "x", payload: 1 }],
    ['43/chat,17[{"ok":true}]', { kind: "answer", namespace: "/chat", id: 17, payload: { ok: true } }],
  ])("%s is understood", (text, frame) => {
    expect(decodeFrame(text)).toEqual(frame);
  });

  test.each([
    "",
    "7",
    "4",
    "0{}",
    "42/chat,{}",
    "43/chat,[1]",
    '451-/chat,["x",{"_placeholder":true,"num":0}]',
    "42[1]",
  ])("%j is none, or binary, and is refused loudly", (text) => {
    expect(() => decodeFrame(text)).toThrow(/no frame|JSON/);
  });
});

describe("a frame of the client", () => {
  test("is what Socket.IO's own client sends", () => {
    expect(namespaceConnect("/chat", { token: "t" })).toBe('40/chat,{"token":"t"}');
    expect(namespaceLeave("/chat")).toBe("41/chat,");
    expect(encodeEvent("/chat", "receipt", { seq: 1 })).toBe('42/chat,["receipt",{"seq":1}]');
    expect(encodeEvent("/chat", "room:join", { room: "a" }, 7)).toBe('42/chat,7["room:join",{"room":"a"}]');
  });

  test("comes back as it went, whatever is in it", () => {
    const names = fc.stringMatching(/^\/[a-z]{0,8}$/);
    fc.assert(
      fc.property(names, fc.string(), fc.jsonValue(), (namespace, event, payload) => {
        const frame = decodeFrame(encodeEvent(namespace, event, payload));
        const asJson: unknown = JSON.parse(JSON.stringify(payload));
        expect(frame).toEqual({ kind: "event", namespace, event, payload: asJson });
      }),
    );
  });
});
