import { stringify } from "yaml";
import { chatPlatform } from "../src/controller/crds/chat-platform.ts";
import { chatRoomPolicy } from "../src/controller/crds/chat-room-policy.ts";
import { customResourceDefinition } from "../src/controller/crds/custom-resource.ts";

const notice = "# Generated from src/controller/crds by `npm run docs`; a test fails when it differs.\n";

const folders = ["charts/weir/files/crds", "k8s/crds"];

/** The custom resource definitions as files, by path. */
export const generatedCrds: Readonly<Record<string, () => string>> = Object.fromEntries(
  [chatRoomPolicy, chatPlatform].flatMap((resource) =>
    folders.map((folder) => [
      `${folder}/${resource.plural}.yaml`,
      (): string => notice + stringify(customResourceDefinition(resource), { aliasDuplicateObjects: false }),
    ]),
  ),
);
