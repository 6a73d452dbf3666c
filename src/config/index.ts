export {
  ConfigError,
  compileSettings,
  describeSettings,
  isSecretValue,
  type RoleName,
  settingFault,
} from "./compile.ts";
export { integer } from "./kinds.ts";
export { loadEnvironment, unknownNames } from "./load-env.ts";
export {
  environmentName,
  flagName,
  type RawSettings,
  type SettingName,
  type Settings,
  settingCatalogue,
} from "./setting-catalogue.ts";
