import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { roomMaxLength } from "../chat/room.ts";
import { isRoomPattern } from "../chat/room-policy-pattern.ts";
import { limits } from "./limits.ts";

const maxGrants = 500;

const grant = Type.Object({
  room: Type.String({ minLength: 1, maxLength: roomMaxLength }),
  can: Type.Array(Type.Union([Type.Literal("read"), Type.Literal("write"), Type.Literal("moderate")]), { maxItems: 3 }),
});

/** What a token says. Other claims are its issuer's own business and left alone. */
const schema = Type.Object({
  sub: Type.String({ minLength: 1, maxLength: limits.userIdLength }),
  exp: Type.Number({ exclusiveMinimum: 0, maximum: 8.64e12 }),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: limits.userIdLength })),
  rooms: Type.Optional(Type.Array(grant, { maxItems: maxGrants })),
  admin: Type.Optional(Type.Boolean()),
});

export type TokenClaims = Static<typeof schema>;

const compiled = Compile(schema);

/** A room that is no pattern makes the whole token wrong: whoever wrote it meant something else than we would take it for. */
export function isTokenClaims(payload: unknown): payload is TokenClaims {
  if (!compiled.Check(payload)) return false;
  if (!payload.sub.isWellFormed() || !(payload.name ?? "").isWellFormed()) return false;
  return (payload.rooms ?? []).every(({ room }) => isRoomPattern(room));
}
