export { ConfigError, compileSettings, describeSettings, type RoleName } from "./compile.ts";
export { loadEnvironment, unknownNames } from "./load-env.ts";
export {
  environmentName,
  flagName,
  type RawSettings,
  type Settings,
  settingCatalogue,
} from "./setting-catalogue.ts";
