type Schema = Record<string, unknown>;

/**
 * The schema with its objects closed where it does not say whether they are, as Anthropic demands of a JSON schema for
 * answers (`additionalProperties: false`); the schema itself where nothing is missing.
 */
export function closed(schema: Schema): Schema {
  const parts = Object.entries(schema).map(([keyword, value]): [string, unknown] => [
    keyword,
    closedPart(keyword, value),
  ]);
  const open = schema['type'] === 'object' && schema['additionalProperties'] === undefined;
  if (!open && parts.every(([keyword, value]) => value === schema[keyword])) return schema;
  return { ...Object.fromEntries(parts), ...(open ? { additionalProperties: false } : {}) };
}

/** Keywords whose value is a schema, a list of them, or schemas by name; others hold plain values. */
function closedPart(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'items':
    case 'additionalProperties':
      return isSchema(value) ? closed(value) : value;
    case 'anyOf':
    case 'allOf':
    case 'oneOf':
      return Array.isArray(value) ? unlessEqual(value, value.map(closedItem)) : value;
    case 'properties':
    case '$defs':
    case 'definitions': {
      if (!isSchema(value)) return value;
      const names = Object.keys(value);
      const named = names.map((name) => closedItem(value[name]));
      const changed = named.some((item, at) => item !== value[names[at] ?? '']);
      return changed ? Object.fromEntries(names.map((name, at) => [name, named[at]])) : value;
    }
    default:
      return value;
  }
}

const closedItem = (item: unknown): unknown => (isSchema(item) ? closed(item) : item);

const unlessEqual = (before: unknown[], after: unknown[]): unknown[] =>
  after.some((item, at) => item !== before[at]) ? after : before;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
