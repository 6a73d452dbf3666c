import { type SettingName, settingFault } from "../config/index.ts";

/** What an adapter makes of a setting that only it can judge. @throws ConfigError with the setting's name where it refuses */
export function judged<T>(name: SettingName, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    throw settingFault(name, error instanceof Error ? error.message : String(error));
  }
}
