import { type Static, type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { roomMaxLength } from "../chat/room.ts";
import { isRoomPattern } from "../chat/room-policy-pattern.ts";
import { limits } from "./limits.ts";

/** How far the issuer's clock may be from ours, ms. It holds for `exp`, `nbf` and `iat` alike. */
export const clockSkewMs = 30_000;

const maxGrants = 500;

const grant = Type.Object({
  room: Type.String({ minLength: 1, maxLength: roomMaxLength }),
  can: Type.Array(Type.Union([Type.Literal("read"), Type.Literal("write"), Type.Literal("moderate")]), { maxItems: 3 }),
});

const sub = Type.String({ minLength: 1, maxLength: limits.userIdLength });
const exp = Type.Number({ exclusiveMinimum: 0, maximum: 8.64e12 });
const name = Type.String({ minLength: 1, maxLength: limits.userIdLength });
const rooms = Type.Array(grant, { maxItems: maxGrants });
const admin = Type.Boolean();

/** The claims of a token that Weir reads. All other claims are its issuer's own business. */
export interface TokenClaims {
  readonly sub: string;
  readonly exp: number;
  readonly name?: string;
  readonly rooms?: Static<typeof rooms>;
  readonly admin?: boolean;
}

const optionalClaims = ["name", "rooms", "admin"] as const;

/** A claim that a token need not have. */
export type OptionalClaim = (typeof optionalClaims)[number];

export type ReadClaims =
  | {
      readonly claims: TokenClaims;
      /** Claims that the token has in a form that is not ours. They count as absent. */
      readonly ignored: readonly OptionalClaim[];
    }
  /** The claim for which the token is refused. */
  | { readonly wrong: "sub" | "exp" | "rooms" };

type Guard<T> = (value: unknown) => value is T;

function guard<const S extends TSchema>(schema: S, isFine: (value: Static<S>) => boolean): Guard<Static<S>> {
  const compiled = Compile(schema);
  return (value): value is Static<S> => compiled.Check(value) && isFine(value);
}

const isSub = guard(sub, (text) => text.isWellFormed());
const isExp = guard(exp, () => true);
const isName = guard(name, (text) => text.isWellFormed());
const isRooms = guard(rooms, (grants) => grants.every(({ room }) => isRoomPattern(room)));
const isAdmin = guard(admin, () => true);

/**
 * Reads the claims of a verified token. `null` counts as absent. A wrong `name` or `admin` counts as absent too, because that gives nobody
 * anything. Wrong `rooms` do not, because the deployment's default grant would take their place.
 */
export function readClaims(payload: Readonly<Record<string, unknown>>): ReadClaims {
  const { sub: user, exp: end, name: shown, rooms: grants, admin: isChief } = payload;
  if (!isSub(user)) return { wrong: "sub" };
  if (!isExp(end)) return { wrong: "exp" };
  if (grants !== undefined && grants !== null && !isRooms(grants)) return { wrong: "rooms" };
  const optional = {
    ...(isName(shown) ? { name: shown } : {}),
    ...(isRooms(grants) ? { rooms: grants } : {}),
    ...(isAdmin(isChief) ? { admin: isChief } : {}),
  };
  const ignored = optionalClaims.filter((claim) => payload[claim] !== undefined && !(claim in optional));
  return { claims: { sub: user, exp: end, ...optional }, ignored };
}

/** Whether all claims have our form: what we sign ourselves is not to be ignored by a gateway. */
export function isTokenClaims(payload: Readonly<Record<string, unknown>>): boolean {
  const read = readClaims(payload);
  return "claims" in read && read.ignored.length === 0;
}
