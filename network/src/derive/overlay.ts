// Laying a node's own settings over Fabric's sample configuration.

export interface Settings {
  readonly [name: string]: unknown;
}

/** The base with every setting of `own` in its place; lists are replaced, not joined. */
export function overlay(base: Settings, own: Settings): Settings {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(own)) {
    const below = merged[name];
    merged[name] = isSettings(value) && isSettings(below) ? overlay(below, value) : value;
  }
  return merged;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
