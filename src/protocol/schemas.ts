import { type Static, type TObject, type TProperties, Type } from "typebox";
import { roomMaxLength, roomPattern } from "../chat/room.ts";
import { limits } from "./limits.ts";

/** An object with these keys and no other, so that a misspelt option is an error and not a silence. */
function shape<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

const room = Type.String({ pattern: roomPattern, maxLength: roomMaxLength });
const clientId = Type.String({ pattern: "^[A-Za-z0-9_-]+$", minLength: 1, maxLength: limits.clientIdLength });
const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const seqOrStart = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const text = Type.String({ minLength: 1 });
const userId = Type.String({ minLength: 1, maxLength: limits.userIdLength });
const page = Type.Optional(Type.Integer({ minimum: 1, maximum: limits.historyPage }));
const durability = Type.Union([Type.Literal("fast"), Type.Literal("safe"), Type.Literal("stored")]);

const position = shape({ epoch: Type.String({ pattern: "^[0-9]{1,16}$" }), seq: seqOrStart });

const joinRequest = shape({ room, after: Type.Optional(position), limit: page });

/** Client to server, by event. The one source of the wire's validation and types. */
export const requestSchemas = {
  "room:join": joinRequest,
  "rooms:join": shape({
    rooms: Type.Array(joinRequest, { minItems: 1, maxItems: limits.joinRooms }),
  }),
  "room:leave": shape({ room }),
  "message:send": shape({
    room,
    id: clientId,
    text,
    replyTo: Type.Optional(seq),
    mentions: Type.Optional(Type.Array(userId, { maxItems: limits.mentions })),
    meta: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    durability: Type.Optional(durability),
  }),
  "message:edit": shape({ room, id: clientId, target: seq, text }),
  "message:delete": shape({ room, id: clientId, target: seq }),
  "message:react": shape({
    room,
    id: clientId,
    target: seq,
    emoji: Type.String({ minLength: 1, maxLength: limits.emojiLength }),
    on: Type.Boolean(),
  }),
  "history:get": shape({ room, before: Type.Optional(seq), after: Type.Optional(seqOrStart), limit: page }),
  "typing:set": shape({ room, on: Type.Boolean() }),
  receipt: shape({ room, seq: seqOrStart }),
  "auth:refresh": shape({ token: Type.String({ minLength: 1, maxLength: limits.tokenLength }) }),
} as const;

export type RequestName = keyof typeof requestSchemas;
export type Requests = { readonly [N in RequestName]: Static<(typeof requestSchemas)[N]> };
export type Durability = Static<typeof durability>;
