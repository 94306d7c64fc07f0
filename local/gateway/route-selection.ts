/** Evaluates a route selection expression such as `$request.body.action` against a frame. */
export type RouteSelector = (body: string) => string | undefined;

/**
 * Compiles a WebSocket API's route selection expression: `$request.body.<path>`, `${request.body.<path>}` with text
 * around, or a plain text. What is not found counts as ''.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export function routeSelector(expression: string): RouteSelector {
  const unwrapped = /^\$request\.body\.([\w.-]+)$/.exec(expression)?.[1];
  const pattern = unwrapped === undefined ? expression : `\${request.body.${unwrapped}}`;
  if (/\$(?!\{request\.body\.[\w.-]+\})(?!default$)/.test(pattern)) {
    throw new Error(`unsupported route selection expression: ${expression}`);
  }
  return (body) => {
    const parsed = parse(body);
    if (parsed === undefined) return undefined;
    const key = pattern
      .replace(/^\\/, '')
      .replace(/\$\{request\.body\.([\w.-]+)\}/g, (_, path: string) =>
        text(lookUp(parsed.value, path.split('.'))),
      );
    return key === '' ? undefined : key;
  };
}

function parse(body: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined; // Frames that are no JSON go to $default.
  }
}

/** Own properties only: a frame must not reach a route by what JavaScript objects inherit. */
function lookUp(value: unknown, path: string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = Reflect.get(found, name);
  }
  return found;
}

/** Objects and lists name no route, and writing them as text fails where they are nested too deep. */
function text(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value);
}
