// What other workspaces may use of the gateway.

export { configSchema, type Config } from './config.ts';
