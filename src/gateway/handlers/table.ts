import type { Handlers } from "../request-scope.ts";
import { deleteMessage } from "./delete.ts";
import { editMessage } from "./edit.ts";
import { getHistory } from "./history.ts";
import { joinRoom } from "./join.ts";
import { joinRooms } from "./join-rooms.ts";
import { leaveRoom } from "./leave.ts";
import { reactToMessage } from "./react.ts";
import { takeReceipt } from "./receipt.ts";
import { refreshToken } from "./refresh.ts";
import { sendMessage } from "./send.ts";
import { setTyping } from "./typing.ts";

/** What a client may ask for, and who answers. Schemas of the same names are in protocol/schemas.ts. */
export const handlers: Handlers = {
  "room:join": joinRoom,
  "rooms:join": joinRooms,
  "room:leave": leaveRoom,
  "message:send": sendMessage,
  "message:edit": editMessage,
  "message:delete": deleteMessage,
  "message:react": reactToMessage,
  "history:get": getHistory,
  "typing:set": setTyping,
  receipt: takeReceipt,
  "auth:refresh": refreshToken,
};
